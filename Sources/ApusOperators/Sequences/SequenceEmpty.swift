// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A sequence without items.
package struct SequenceEmpty: Operator {
    package static let schema = Schema("SequenceEmpty", since: 11, inputs: 0...0)

    private let elementType: ElementType

    package init(_ node: NodeReader) throws(ComputeError) {
        elementType = try node.elementType("dtype", default: .float32)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(.sequence(.tensor(elementType, nil)))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, datum: .sequence([]))
    }
}
