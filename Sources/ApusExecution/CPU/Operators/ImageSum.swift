// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// The sum of two bf16 images of one shape, rounded.
struct ImageSum: Operator {
    static let schema = Schema("ImageSum", domain: PackedWeights.domain, inputs: 2...2)

    init(_ node: NodeReader) {}

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions else { return [] }
        return [.tensor(.bfloat16, dimensions)]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        guard a.elementType == .bfloat16, b.elementType == .bfloat16, a.shape == b.shape else {
            throw .shape("the inputs are \(a) and \(b), expected bf16 images of one shape")
        }
        let result = try outputs.makeTensor(0, .bfloat16, a.shape)
        // SAFETY: all three have as many elements, and the tensors outlive the call.
        unsafe outputs.context.kernels.sum(count: a.elementCount, a.halves, b.halves, into: result.halves)
        withExtendedLifetime((a, b)) {}
        outputs.set(0, result.finish())
    }
}
