// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Convolves images of 8-bit integers into 32-bit ones.
package struct ConvInteger: Operator {
    package static let schema = Schema("ConvInteger", since: 10, inputs: 2...4)

    private let convolution: IntegerConvolution

    package init(_ node: NodeReader) throws(ComputeError) { convolution = try IntegerConvolution(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.int32, try convolution.infer(inputs[0]?.type.dimensions, inputs[1]?.type.dimensions))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (sums, shape) = try convolution.run(
            try inputs.tensor(0), try inputs.optionalTensor(2), try inputs.tensor(1), try inputs.optionalTensor(3))
        outputs.set(0, try Tensor(sums, shape: shape))
    }
}
