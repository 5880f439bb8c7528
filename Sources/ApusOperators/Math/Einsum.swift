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
        var waiting: [LabelledTensor<Element>] = []
        for index in tensors.indices {
            let operand = try LabelledTensor<Element>(
                tensors[index], labels[index], sizes, outputs.context)
            let others = labels.indices.filter { $0 != index }.flatMap { labels[$0] }
            let needed = Set(others).union(result)
            waiting.append(
                try operand.arranged(operand.labels.filter { needed.contains($0) }, outputs.context))
        }
        while waiting.count > 1 {
            let (first, second) = Einsum.cheapest(waiting.map(\.labels), sizes)
            let right = waiting.remove(at: second)
            let left = waiting.remove(at: first)
            let needed = Set(waiting.flatMap(\.labels)).union(result)
            waiting.insert(try left.contracted(with: right, keeping: needed, outputs.context), at: first)
        }
        guard let total = waiting.first else { return }
        outputs.set(0, try total.arranged(result, outputs.context).tensor)
    }

    /// The two terms whose product takes the fewest multiplications, the first of equal ones.
    private static func cheapest(_ terms: [[Int]], _ sizes: [Int: Int]) -> (Int, Int) {
        var best = (0, 1)
        var least = Double.infinity
        for first in terms.indices {
            for second in (first + 1)..<Swift.max(first + 1, terms.count) {
                let labels = Set(terms[first]).union(terms[second])
                let cost = labels.reduce(1.0) { $0 * Double(sizes[$1] ?? 1) }
                if cost < least {
                    least = cost
                    best = (first, second)
                }
            }
        }
        return best
    }
}
