// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// The sum of two quantised tensors of the same shape and type, `u8` or `i8`, as ``ByteSum`` has it.
struct QuantizedSum: Operator {
    static let schema = Schema("QuantizedSum", domain: PackedWeights.domain, inputs: 2...2)

    private let sum: ByteSum

    init(_ node: NodeReader) throws(ComputeError) { sum = try ByteSum(node) }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (left, right) = (try inputs.tensor(0), try inputs.tensor(1))
        guard left.elementType == .uint8 || left.elementType == .int8, left.elementType == right.elementType,
            left.shape == right.shape
        else { throw .shape("\(left) and \(right) are not bytes of one shape") }
        let result = try outputs.makeTensor(0, left.elementType, left.shape)
        // SAFETY: all tensors have the same size and outlive the call.
        unsafe outputs.context.kernels.byteSum(
            sum, count: left.elementCount, isSigned: left.elementType == .int8, left.baseAddress, right.baseAddress,
            into: result.baseAddress)
        withExtendedLifetime((left, right)) {}
        outputs.set(0, result.finish())
    }
}
