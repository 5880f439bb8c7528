// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Puts quantized tensors one after the other along an axis, quantized anew where their scales differ.
package struct QLinearConcat: Operator {
    package static let schema = Schema("QLinearConcat", domain: OperatorDomain.microsoft, inputs: .atLeast(5))

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.integer("axis") }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count >= 5, let elementType = inputs[1]?.type.elementType else { return [] }
        guard var result = inputs[2]?.type.dimensions, axis >= -result.count, axis < result.count else {
            return [.tensor(elementType, nil)]
        }
        let axis = axis < 0 ? axis + result.count : axis
        for index in stride(from: 5, to: inputs.count, by: 3) {
            guard let next = inputs[index]?.type.dimensions, next.count == result.count else {
                return [.tensor(elementType, nil)]
            }
            result[axis] = result[axis] + next[axis]
        }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        guard (inputs.count - 2) % 3 == 0 else { throw .value("QLinearConcat has \(inputs.count) inputs") }
        let target = try QuantizedScale(inputs, at: 0)
        let first = try inputs.tensor(2)
        let axis = try first.shape.axis(axis)
        var shape = first.shape
        shape[axis] = 0
        var parts: [(tensor: Tensor, table: QuantizedTable)] = []
        for index in stride(from: 2, to: inputs.count, by: 3) {
            let tensor = try inputs.tensor(index)
            var other = tensor.shape
            guard other.rank == shape.rank, tensor.elementType == first.elementType else {
                throw .shape("\(tensor) does not go with \(first)")
            }
            other[axis] = shape[axis]
            guard other == shape else { throw .shape("\(tensor) does not go with \(first) along axis \(axis)") }
            shape[axis] += tensor.shape[axis]
            let table = try QuantizedTable(
                tensor.elementType, from: try QuantizedScale(inputs, at: index + 1), to: target)
            parts.append((tensor, table))
        }
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        let outer = shape.dimensions[..<axis].reduce(1, *)
        var result = try outputs.makeTensor(0, first.elementType, shape)
        var patterns = try result.patterns(of: UInt8.self)
        var start = 0
        for (tensor, table) in parts {
            let run = tensor.shape[axis] * inner
            let source = try tensor.patterns(of: UInt8.self)
            for row in 0..<outer {
                for index in 0..<run {
                    patterns[row * shape[axis] * inner + start + index] = UInt8(
                        truncatingIfNeeded: table[source[row * run + index]])
                }
            }
            start += run
        }
        outputs.set(0, result.finish())
    }
}
