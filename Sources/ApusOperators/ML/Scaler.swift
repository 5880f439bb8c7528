// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Subtracts an offset from each feature and multiplies by a scale.
package struct Scaler: Operator {
    package static let schema = Schema("Scaler", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let offsets: [Float]
    private let scales: [Float]

    package init(_ node: NodeReader) throws(ComputeError) {
        offsets = try node.floats("offset", default: [0])
        scales = try node.floats("scale", default: [1])
        guard !offsets.isEmpty, !scales.isEmpty else { throw .attribute("an empty list of offsets or scales") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, inputs[0]?.type.dimensions)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let columns = source.shape.dimensions.last ?? 1
        guard offsets.count == 1 || offsets.count == columns, scales.count == 1 || scales.count == columns else {
            throw .attribute("\(offsets.count) offsets and \(scales.count) scales for \(columns) features")
        }
        var values = try source.numbers(as: Float.self)
        for index in values.indices {
            values[index] = (values[index] - offsets[index % offsets.count]) * scales[index % scales.count]
        }
        outputs.set(0, try Tensor(values, shape: source.shape))
    }
}
