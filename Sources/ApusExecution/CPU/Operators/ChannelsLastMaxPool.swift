// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// The greatest byte under each window of `N H W C` images of `u8`.
struct ChannelsLastMaxPool: Operator {
    static let schema = Schema("ChannelsLastMaxPool", domain: PackedWeights.domain, inputs: 1...1)

    private let pool: PoolGeometry

    init(_ node: NodeReader) throws(ComputeError) { pool = try PoolGeometry(node) }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4,
            let result = try pool.infer([dimensions[0], dimensions[3], dimensions[1], dimensions[2]])
        else { return [] }
        return [.tensor(.uint8, [result[0], result[2], result[3], result[1]])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        guard x.elementType == .uint8, x.shape.rank == 4 else {
            throw .shape("input 0 is \(x), expected u8 images")
        }
        let windows = try pool.axes(Shape(x.shape[0], x.shape[3], x.shape[1], x.shape[2]))
        var shape = PoolingShape(
            planes: x.shape[0], inputHeight: windows[0].input, inputWidth: windows[1].input,
            outputHeight: windows[0].output, outputWidth: windows[1].output, kernelHeight: windows[0].kernel,
            kernelWidth: windows[1].kernel)
        (shape.strideHeight, shape.strideWidth) = (windows[0].stride, windows[1].stride)
        (shape.dilationHeight, shape.dilationWidth) = (windows[0].dilation, windows[1].dilation)
        (shape.padTop, shape.padLeft) = (windows[0].padBegin, windows[1].padBegin)
        (shape.padBottom, shape.padRight) = (windows[0].padEnd, windows[1].padEnd)
        try ChannelsLast.checkPlane(shape, channels: x.shape[3])
        let result = try outputs.makeTensor(
            0, .uint8, Shape(x.shape[0], shape.outputHeight, shape.outputWidth, x.shape[3]))
        if result.elementCount > 0 {
            // SAFETY: both tensors have the sizes of the shape and outlive the call.
            unsafe outputs.context.kernels.byteImageMaxPool(
                shape, channels: x.shape[3], x.bytes, into: result.bytes)
        }
        withExtendedLifetime(x) {}
        outputs.set(0, result.finish())
    }
}
