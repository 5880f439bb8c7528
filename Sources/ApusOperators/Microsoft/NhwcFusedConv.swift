// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A convolution of images whose channels are last, an optional addition and an activation function of the sum.
package struct NhwcFusedConv: Operator {
    package static let schema = Schema("NhwcFusedConv", domain: OperatorDomain.microsoft, inputs: 2...4)
    package static let widensHalf = true

    private let convolution: Conv
    private let activation: FusedActivation

    package init(_ node: NodeReader) throws(ComputeError) {
        convolution = try Conv(node)
        activation = try FusedActivation(node)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        var first = Array(inputs.prefix(3))
        first[0] = first[0]?.channelsFirst
        return try convolution.infer(first).map(\.channelsLast)
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var first = Array(inputs.values.prefix(3))
        first[0] = .tensor(try inputs.tensor(0).channelsFirst())
        let plain = try convolution.result(first, outputs.context).channelsLast()
        outputs.set(0, try FusedConv.finish(plain, try inputs.optionalTensor(3), activation))
    }
}
