// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides each sample by its largest element, the sum of its magnitudes or its length.
package struct Normalizer: Operator {
    package static let schema = Schema("Normalizer", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private enum Norm: String, CaseIterable {
        case max = "MAX"
        case l1 = "L1"
        case l2 = "L2"
    }

    private let norm: Norm

    package init(_ node: NodeReader) throws(ComputeError) { norm = try node.choice("norm", default: .max) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, inputs[0]?.type.dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let samples = try FeatureMatrix<Float>(source)
        var result = samples.values
        for row in 0..<samples.rows {
            let range = row * samples.columns..<(row + 1) * samples.columns
            let divisor = divisor(samples.values[range])
            guard divisor != 0 else { continue }
            for index in range { result[index] /= divisor }
        }
        outputs.set(0, try Tensor(result, shape: source.shape))
    }

    private func divisor(_ sample: ArraySlice<Float>) -> Float {
        switch norm {
        case .max: sample.max() ?? 0
        case .l1: sample.reduce(0) { $0 + abs($1) }
        case .l2: sample.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }
}
