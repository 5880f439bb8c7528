// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Joins the tensors of a sequence along an axis, or along a new one.
package struct ConcatFromSequence: Operator {
    package static let schema = Schema("ConcatFromSequence", since: 11, inputs: 1...1)

    private let axis: Int
    private let addsAxis: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis")
        addsAxis = try node.flag("new_axis")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let sizes) = inputs.item(0) else { return [.unknown] }
        guard var sizes else { return [.tensor(elementType, nil)] }
        if addsAxis {
            sizes.insert(.unknown, at: try normalizedAxis(axis, rank: sizes.count + 1))
        } else {
            sizes[try normalizedAxis(axis, rank: sizes.count)] = .unknown
        }
        return [.tensor(elementType, sizes)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var parts: [Tensor] = []
        for item in try inputs.sequence(0) { parts.append(try item.requiredTensor("an item")) }
        outputs.set(
            0,
            addsAxis
                ? try Tensor.stack(parts, axis: axis, in: outputs.context)
                : try Concat.join(parts, axis: axis, in: outputs.context))
    }
}
