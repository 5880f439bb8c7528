// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A convolution, an optional addition and an activation function of the sum.
package struct FusedConv: Operator {
    package static let schema = Schema("FusedConv", domain: OperatorDomain.microsoft, inputs: 2...4)
    package static let widensHalf = true

    private let convolution: Conv
    private let activation: FusedActivation

    package init(_ node: NodeReader) throws(ComputeError) {
        convolution = try Conv(node)
        activation = try FusedActivation(node)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try convolution.infer(Array(inputs.prefix(3)))
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let plain = try convolution.result(Array(inputs.values.prefix(3)), outputs.context)
        outputs.set(0, try FusedConv.finish(plain, try inputs.optionalTensor(3), activation))
    }

    /// Adds and activates.
    static func finish(
        _ tensor: Tensor, _ addend: Tensor?, _ activation: FusedActivation
    ) throws(ComputeError) -> Tensor {
        if addend == nil && activation.isIdentity { return tensor }
        guard addend.map({ $0.shape == tensor.shape }) ?? true else {
            throw .shape("the addend does not have the shape \(tensor.shape)")
        }
        var values = try tensor.array(of: Float.self)
        let added = try addend?.array(of: Float.self) ?? []
        for index in values.indices {
            values[index] = activation(added.isEmpty ? values[index] : values[index] + added[index])
        }
        return try Tensor(values, shape: tensor.shape)
    }
}
