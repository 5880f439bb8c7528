// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The weights that sum a spectrum into bands as wide as the ear hears them.
package struct MelWeightMatrix: Operator {
    package static let schema = Schema("MelWeightMatrix", since: 17, inputs: 5...5)

    private let type: ElementType

    package init(_ node: NodeReader) throws(ComputeError) {
        type = try node.elementType("output_datatype", default: .float32)
        guard type.isFloat || type.isInteger else { throw .attribute("a weight of \(type.name)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let bands = inputs.expressions(0)?.first ?? .unknown
        let length = inputs.expressions(1)?.first ?? .unknown
        return [.tensor(type, [length.floorDivided(by: 2) + 1, bands])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let bands = try inputs.tensor(0).scalarInteger()
        let length = try inputs.tensor(1).scalarInteger()
        let rate = try inputs.tensor(2).scalarInteger()
        let lower = try inputs.tensor(3).scalarReal()
        let upper = try inputs.tensor(4).scalarReal()
        guard bands >= 0, bands <= 1 << 20, length >= 0, length <= ConvolutionGeometry.largestSize, rate > 0 else {
            throw .value("\(bands) bands of a spectrum of \(length) at \(rate) Hz")
        }
        let bins = length / 2 + 1
        let low = MelWeightMatrix.mel(lower)
        let step = (MelWeightMatrix.mel(upper) - low) / Double(bands + 2)
        var edges: [Int] = []
        for index in 0..<bands + 2 {
            let hertz = 700 * (Double.pow(10, (Double(index) * step + low) / 2595) - 1)
            let bin = (Double(length + 1) * hertz / Double(rate)).rounded(.down)
            guard bin >= 0, bin <= Double(bins) else { throw .value("\(hertz) Hz is outside the spectrum") }
            edges.append(Int(bin))
        }
        try outputs.write(0, of: Double.self, [bins, bands], as: type) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for band in 0..<bands {
                let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
                guard centre < bins, left <= centre, centre <= right else {
                    throw .value("band \(band) reaches beyond the spectrum")
                }
                if left == centre { target[centre * bands + band] = 1 }
                for bin in left..<centre + 1 where left < centre {
                    target[bin * bands + band] = Double(bin - left) / Double(centre - left)
                }
                for bin in centre..<right { target[bin * bands + band] = Double(right - bin) / Double(right - centre) }
            }
        }
    }

    private static func mel(_ hertz: Double) -> Double { 2595 * Double.log(1 + hertz / 700) / Double.log(10) }
}
