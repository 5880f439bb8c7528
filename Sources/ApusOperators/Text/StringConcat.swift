// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Strings of two tensors put together, one by one.
package struct StringConcat: Operator {
    package static let schema = Schema("StringConcat", since: 20, inputs: 2...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let left = inputs.dimensions(0), let right = inputs.dimensions(1) else { return [.tensor(.string, nil)] }
        return [.tensor(.string, Dimension.broadcasting(left, right))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.strings(0)
        let right = try inputs.strings(1)
        let shape = try left.shape.broadcast(with: right.shape)
        let first = try left.expanded(to: shape, in: outputs.context)
        let second = try right.expanded(to: shape, in: outputs.context)
        let byteCount = (first.strings + second.strings).reduce(0) { $0 &+ $1.utf8.count }
        try outputs.context.checkStrings(first.elementCount, byteCount: byteCount)
        let joined = zip(first.strings, second.strings).map { $0 + $1 }
        outputs.set(0, try Tensor(strings: joined, shape: shape, budget: outputs.context.budget))
    }
}
