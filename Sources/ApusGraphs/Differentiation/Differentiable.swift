// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// An operator whose derivative can be written with other operators.
package protocol Differentiable: Operator {
    /// Adds to the gradients of the node's inputs what the gradients of its outputs make of them.
    ///
    /// - Throws: ``ComputeError`` with code `unsupported` where this node's derivative is not known.
    func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError)
}

/// An operator whose outputs are steps or do not depend on the values of its inputs: its derivative is 0.
package protocol PiecewiseConstant: Differentiable {}

extension PiecewiseConstant {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {}
}
