// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Cuts a tensor along an axis into a sequence.
package struct SplitToSequence: Operator {
    package static let schema = Schema("SplitToSequence", since: 11, inputs: 1...2)

    private let axis: Int
    private let keepsAxis: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: 0)
        let keeps = try node.flag("keepdims", default: true)
        keepsAxis = keeps || node.hasInput(1)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard var sizes = inputs.dimensions(0) else { return [InferredValue(.sequence(.tensor(elementType, nil)))] }
        let axis = try normalizedAxis(axis, rank: sizes.count)
        if !keepsAxis {
            sizes.remove(at: axis)
        } else {
            sizes[axis] = inputs.known(1) == nil ? 1 : .unknown
        }
        return [InferredValue(.sequence(.tensor(elementType, sizes)))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let context = outputs.context
        let source = try inputs.tensor(0)
        let axis = try source.shape.axis(axis)
        var items: [Datum] = []
        var start = 0
        for size in try sizes(source.shape[axis], try inputs.optionalTensor(1)) {
            if keepsAxis {
                items.append(.tensor(try Split.part(source, axis, start..<(start + size), in: context)))
            } else {
                items.append(.tensor(try source.slice(start, axis: axis, in: context)))
            }
            start += size
        }
        outputs.set(0, datum: .sequence(items))
    }

    private func sizes(_ size: Int, _ split: Tensor?) throws(ComputeError) -> [Int] {
        guard size <= 1 << 24 else { throw .limit("a sequence of up to \(size) items") }
        guard let split else { return [Int](repeating: 1, count: size) }
        let parts = try split.integers()
        if split.shape.rank == 0, let part = parts.first {
            guard part > 0 else { throw .value("parts of size \(part)") }
            return stride(from: 0, to: size, by: part).map { min(part, size - $0) }
        }
        var rest = size
        for part in parts {
            guard part >= 0, part <= rest else { throw .value("\(parts) do not add up to \(size)") }
            rest -= part
        }
        guard rest == 0 else { throw .value("\(parts) do not add up to \(size)") }
        return parts
    }
}
