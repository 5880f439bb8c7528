// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// Brings the channels of `N C H W` images of bytes together as `u8`, with undefined ones up to attribute `step`.
///
/// Signed bytes become unsigned ones, 128 higher.
struct ToChannelsLast: Operator {
    static let schema = Schema("ToChannelsLast", domain: PackedWeights.domain, inputs: 1...1)

    private let step: Int

    init(_ node: NodeReader) throws(ComputeError) {
        step = try node.integer("step")
        guard step > 0, step <= 1 << 29 else { throw .attribute("attribute 'step' is \(step)") }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        return [.tensor(.uint8, [dimensions[0], dimensions[2], dimensions[3], Dimension(step)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        guard x.elementType == .uint8 || x.elementType == .int8, x.shape.rank == 4, x.shape[1] <= step else {
            throw .shape("input 0 is \(x), expected byte images of at most \(step) channels")
        }
        let result = try outputs.makeTensor(0, .uint8, Shape(x.shape[0], x.shape[2], x.shape[3], step))
        // SAFETY: both tensors have the sizes given and outlive the call.
        unsafe outputs.context.kernels.gatherChannels(
            images: x.shape[0], channels: x.shape[1], places: x.shape[2] * x.shape[3], step: step,
            flip: x.elementType == .int8 ? 0x80 : 0, x.bytes, into: result.bytes)
        withExtendedLifetime(x) {}
        outputs.set(0, result.finish())
    }
}
