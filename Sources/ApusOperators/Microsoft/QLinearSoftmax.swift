// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// The softmax of quantized numbers, from a table of exponentials.
package struct QLinearSoftmax: Operator {
    package static let schema = Schema("QLinearSoftmax", domain: OperatorDomain.microsoft, inputs: 5...5)

    private let axis: Int
    private let flattens: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        flattens = try node.integer("opset") < 13
        axis = try node.integer("axis", default: flattens ? 1 : -1)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        let axis = try shape.axis(axis)
        guard let range = QuantizedRange(source.elementType) else { throw .elementType("\(source) is not quantized") }
        let scale = try inputs.tensor(1).scalarScale()
        let target = try QuantizedScale(inputs, at: 3)
        let values = try source.centred()
        let powers = (0..<256).map { Float(exp((Double($0) - 255) * Double(scale))) }
        let size = flattens ? shape.dimensions[axis...].reduce(1, *) : shape[axis]
        let inner = flattens ? 1 : shape.dimensions[(axis + 1)...].reduce(1, *)
        var result = [Int32](repeating: 0, count: values.count)
        let steps = (1 / target.scale).rounded(.down)
        guard size > 0, inner > 0 else { return outputs.set(0, source) }
        for row in 0..<values.count / size {
            let start = row / inner * size * inner + row % inner
            var highest = Int16.min
            for index in 0..<size { highest = max(highest, values[start + index * inner]) }
            var sum: Float = 0
            for index in 0..<size { sum += powers[Int(values[start + index * inner] &- highest) + 255] }
            for index in 0..<size {
                let power = powers[Int(values[start + index * inner] &- highest) + 255]
                result[start + index * inner] = range.quantize(power * steps / sum, zeroPoint: target.zeroPoint)
            }
        }
        try outputs.writeQuantized(0, source.elementType, shape) { result[$0] }
    }
}
