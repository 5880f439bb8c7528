// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A pool over `f32` images `N H W C`; attribute `kind` is the ONNX operator it stands for.
struct LoweredImagePool: Operator {
    static let schema = Schema("ImagePool", domain: PackedWeights.domain, inputs: 1...1)

    private let kind: Kind
    private let pool: PoolGeometry?
    private let countsPadding: Bool
    private let outputPrecision: Precision

    /// The operators it stands for.
    enum Kind: String, CaseIterable {
        case max = "MaxPool"
        case average = "AveragePool"
        case globalMax = "GlobalMaxPool"
        case globalAverage = "GlobalAveragePool"
    }

    init(_ node: NodeReader) throws(ComputeError) {
        let name = try node.string("kind", default: "")
        guard let kind = Kind(rawValue: name) else { throw .attribute("attribute 'kind' is '\(name)'") }
        self.kind = kind
        pool = kind == .max || kind == .average ? try PoolGeometry(node) : nil
        countsPadding = try node.flag("count_include_pad")
        outputPrecision = try Precision(node, prefix: "output_")
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let sizes = inputs[0]?.type.dimensions, sizes.count == 4 else { return [] }
        guard let pool else { return [.tensor(outputPrecision.elementType, [sizes[0], 1, 1, sizes[3]])] }
        guard let result = try pool.infer([sizes[0], sizes[3], sizes[1], sizes[2]]) else { return [] }
        return [.tensor(outputPrecision.elementType, [result[0], result[2], result[3], result[1]])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        guard x.isOfImages, x.shape.rank == 4 else { throw .shape("input 0 is \(x), expected f32 images") }
        let (batch, channels) = (x.shape[0], x.shape[3])
        let axes = try windows(x.shape)
        var shape = PoolingShape(
            planes: batch, inputHeight: axes[0].input, inputWidth: axes[1].input, outputHeight: axes[0].output,
            outputWidth: axes[1].output, kernelHeight: axes[0].kernel, kernelWidth: axes[1].kernel)
        (shape.strideHeight, shape.strideWidth) = (axes[0].stride, axes[1].stride)
        (shape.dilationHeight, shape.dilationWidth) = (axes[0].dilation, axes[1].dilation)
        (shape.padTop, shape.padLeft) = (axes[0].padBegin, axes[1].padBegin)
        (shape.padBottom, shape.padRight) = (axes[0].padEnd, axes[1].padEnd)
        let result = try outputs.makeTensor(
            0, outputPrecision.elementType, Shape(batch, shape.outputHeight, shape.outputWidth, channels))
        // SAFETY: both tensors have the sizes of the shape and live through the call.
        switch kind {
        case .max, .globalMax:
            unsafe outputs.context.kernels.channelsLastMaxPool(
                shape, channels: channels, x.numbers, into: result.target)
        case .average, .globalAverage:
            unsafe outputs.context.kernels.channelsLastAveragePool(
                shape, channels: channels, includingPadding: countsPadding, x.numbers, into: result.target)
        }
        withExtendedLifetime(x) {}
        outputs.set(0, result.finish())
    }

    private func windows(_ shape: Shape) throws(ComputeError) -> ShortList<WindowAxis> {
        if let pool { return try pool.axes(Shape(shape[0], shape[3], shape[1], shape[2])) }
        guard shape[1] > 0, shape[2] > 0 else { throw .shape("\(kind.rawValue) over images \(shape)") }
        var axes = ShortList<WindowAxis>()
        for index in 1...2 {
            var axis = WindowAxis(input: shape[index], kernel: shape[index])
            axis.output = 1
            axes.append(axis)
        }
        return axes
    }
}
