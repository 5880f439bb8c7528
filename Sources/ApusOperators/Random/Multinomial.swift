// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// Outcomes drawn with the logarithms of their probabilities given for each member of a batch.
package struct Multinomial: Operator {
    package static let schema = Schema("Multinomial", since: 7, inputs: 1...1)

    private let seed: Float?
    private let elementType: ElementType
    private let sampleCount: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        seed = try node.optionalFloat("seed")
        elementType = try node.elementType("dtype", default: .int32)
        sampleCount = try node.integer("sample_size", default: 1)
        guard sampleCount >= 0 else { throw .attribute("attribute 'sample_size' is \(sampleCount)") }
        guard elementType == .int32 || elementType == .int64 else {
            throw .attribute("attribute 'dtype' is \(elementType.name)")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(elementType, [inputs.dimensions(0)?.first ?? .unknown, Dimension(sampleCount)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank == 2, source.shape[1] > 0 else { throw .shape("\(source) is no batch of outcomes") }
        let classes = source.shape[1]
        let logarithms = try source.doubles()
        var totals: [Double] = []
        totals.reserveCapacity(logarithms.count)
        for start in stride(from: 0, to: logarithms.count, by: classes) {
            let row = logarithms[start..<(start + classes)]
            let largest = row.max() ?? 0
            var total = 0.0
            for value in row {
                total += exp(value - largest)
                totals.append(total)
            }
        }
        var random = MersenneTwister(seed, outputs.context)
        var position = 0
        try outputs.writeNumbers(0, elementType, [source.shape[0], sampleCount]) {
            let row = totals[(position / sampleCount * classes)..<(position / sampleCount * classes + classes)]
            position += 1
            let threshold = random.uniform() * (row.last ?? 0)
            let index = row.firstIndex { $0 > threshold } ?? row.endIndex - 1
            return Double(index - row.startIndex)
        }
    }
}
