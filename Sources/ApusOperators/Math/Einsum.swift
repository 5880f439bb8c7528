// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Products of tensors summed over the dimensions an equation names.
package struct Einsum: Operator {
    package static let schema = Schema("Einsum", since: 12, inputs: .atLeast(1))
    package static let widensHalf = true

    private let equation: EinsumEquation

    package init(_ node: NodeReader) throws(ComputeError) {
        guard let text = try node.optionalString("equation") else {
            throw .attribute("attribute 'equation' is missing")
        }
        equation = try EinsumEquation(text)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        let shapes = inputs.indices.compactMap { inputs.dimensions($0) }
        guard shapes.count == inputs.count else { return [.tensor(elementType, nil)] }
        let (operands, result) = try equation.labels(shapes.map(\.count))
        var sizes: [Int: Dimension] = [:]
        for (labels, shape) in zip(operands, shapes) {
            for (label, size) in zip(labels, shape) {
                sizes[label] = try ElementwiseInference.broadcast([sizes[label] ?? 1], [size])?[0]
            }
        }
        return [.tensor(elementType, result.map { sizes[$0] ?? .unknown })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let first = try inputs.tensor(0)
        switch first.elementType {
        case .float32: try contract(Float.self, inputs, into: &outputs)
        case .float64: try contract(Double.self, inputs, into: &outputs)
        case .int8: try contract(Int8.self, inputs, into: &outputs)
        case .int16: try contract(Int16.self, inputs, into: &outputs)
        case .int32: try contract(Int32.self, inputs, into: &outputs)
        case .int64: try contract(Int64.self, inputs, into: &outputs)
        case .uint8: try contract(UInt8.self, inputs, into: &outputs)
        case .uint16: try contract(UInt16.self, inputs, into: &outputs)
        case .uint32: try contract(UInt32.self, inputs, into: &outputs)
        case .uint64: try contract(UInt64.self, inputs, into: &outputs)
        default: throw .elementType("Einsum takes numbers, the input is \(first)")
        }
    }

    private func contract<Element: Number>(
        _ type: Element.Type, _ inputs: Inputs, into outputs: inout Outputs
    ) throws(ComputeError) {
        var tensors: [Tensor] = []
        for index in 0..<inputs.count { tensors.append(try inputs.tensor(index)) }
        let (labels, result) = try equation.labels(tensors.map(\.shape.rank))
        var sizes: [Int: Int] = [:]
        for (tensor, labels) in zip(tensors, labels) {
            for (label, size) in zip(labels, tensor.shape) where sizes[label, default: 1] == 1 { sizes[label] = size }
            for (label, size) in zip(labels, tensor.shape) where size != 1 && size != sizes[label] {
                throw .shape("a letter of the equation stands for \(size) and for \(sizes[label] ?? 1)")
            }
        }
        var total: LabelledTensor<Element>?
        for index in tensors.indices {
            let later = Set(labels[(index + 1)...].joined()).union(result)
            let before = Set(total?.labels ?? [])
            let operand = try LabelledTensor<Element>(tensors[index], labels[index], sizes, outputs.context)
            let own = try operand.arranged(
                operand.labels.filter { later.contains($0) || before.contains($0) }, outputs.context)
            guard let left = total else {
                total = own
                continue
            }
            total = try left.contracted(with: own, keeping: later, outputs.context)
        }
        guard let total else { return }
        outputs.set(0, try total.arranged(result, outputs.context).tensor)
    }
}
