// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// The mean of every channel of quantised `N H W C` images of `u8`: `[N, 1, 1, C]`.
struct ChannelsLastMean: Operator {
    static let schema = Schema("ChannelsLastMean", domain: PackedWeights.domain, inputs: 1...1)

    private let inputScale: Float
    private let outputScale: Float
    private let inputZeroPoint: Int32
    private let outputZeroPoint: Int32

    init(_ node: NodeReader) throws(ComputeError) {
        inputScale = try node.float("x_scale", default: 1)
        outputScale = try node.float("y_scale", default: 1)
        inputZeroPoint = Int32(UInt8(clamping: try node.integer("x_zero_point", default: 0)))
        outputZeroPoint = Int32(UInt8(clamping: try node.integer("y_zero_point", default: 0)))
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        return [.tensor(.uint8, [dimensions[0], 1, 1, dimensions[3]])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        guard x.elementType == .uint8, x.shape.rank == 4 else {
            throw .shape("input 0 is \(x), expected u8 images")
        }
        let result = try outputs.makeTensor(0, .uint8, Shape(x.shape[0], 1, 1, x.shape[3]))
        let places = x.shape[1] * x.shape[2]
        // SAFETY: both tensors have the sizes given and outlive the call.
        unsafe outputs.context.kernels.byteImageMean(
            images: x.shape[0], places: places, channels: x.shape[3], zeroPoint: inputZeroPoint,
            factor: inputScale / (outputScale * Float(places)), outputZeroPoint: outputZeroPoint, x.bytes,
            into: result.bytes)
        withExtendedLifetime(x) {}
        outputs.set(0, result.finish())
    }
}
