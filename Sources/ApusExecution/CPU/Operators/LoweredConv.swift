// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A one- or two-dimensional `f32` convolution with packed weights, bias, residual and activation.
///
/// Inputs: images, packed weights, bias (optional), residual of the output's shape (optional).
struct LoweredConv: Operator {
    static let schema = Schema("Conv", domain: PackedWeights.domain, inputs: 2...4)

    private let geometry: ConvolutionGeometry
    private let kernel: [Int]
    private let groups: Int
    private let channels: Int
    private let depth: Int
    private let isa: String
    private let epilogue: EpilogueAttributes

    init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        kernel = try node.integers("kernel_shape")
        groups = try node.integer("group", default: 1)
        channels = try node.integer("channels")
        depth = try node.integer("channels_per_group")
        isa = try node.string("isa", default: "scalar")
        epilogue = try EpilogueAttributes(node)
        guard kernel.count == 1 || kernel.count == 2, groups > 0, channels > 0, channels % groups == 0, depth > 0,
            ([channels, depth, groups] + kernel).allSatisfy({ $0 <= ConvolutionGeometry.largestSize })
        else { throw .attribute("\(channels) channels in \(groups) groups of \(depth) under \(kernel)") }
        try PackedWeights.checkSizes([channels, depth] + kernel)
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == kernel.count + 2 else { return [] }
        let spatial = try geometry.outputs(input: Array(dimensions[2...]), kernel: kernel.map { Dimension($0) })
        return [.tensor(.float32, [dimensions[0], Dimension(channels)] + spatial)]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        guard x.elementType == .float32, x.shape.rank == kernel.count + 2, x.shape[1] == depth * groups else {
            throw .shape("input 0 is \(x), expected f32 images of \(depth * groups) channels")
        }
        let shape = try LoweredConv.shape(
            x.shape, channels: channels, depth: depth, groups: groups, kernel: kernel, geometry: geometry)
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: kernels.packedConvolutionByteCount(shape), isa: isa, outputs.context)
        let spatial = kernel.count == 1 ? [shape.outputWidth] : [shape.outputHeight, shape.outputWidth]
        let outputShape = Shape([x.shape[0], channels] + spatial)
        let bias = try inputs.optionalTensor(2)
        let residual = try inputs.optionalTensor(3)
        guard bias.map({ $0.elementType == .float32 && $0.elementCount == channels }) ?? true,
            residual.map({ $0.elementType == .float32 && $0.shape == outputShape }) ?? true
        else { throw .shape("bias or residual does not fit \(outputShape)") }
        let result = try outputs.makeTensor(0, .float32, outputShape)
        if outputShape.elementCount > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            let finish = unsafe Epilogue(
                bias: bias.map { unsafe UnsafePointer($0.floats) }, biasAxis: .row,
                residual: residual.map { unsafe UnsafePointer($0.floats) }, activation: epilogue.activation)
            unsafe kernels.convolution(
                shape, x.floats, packed: packed.baseAddress, into: result.floats, epilogue: finish)
        }
        withExtendedLifetime((x, packed, bias, residual)) {}
        outputs.set(0, result.finish())
    }

    /// The whole shape of a convolution over images.
    ///
    /// - Throws: ``ComputeError`` when the window does not fit the images.
    static func shape(
        _ input: Shape, channels: Int, depth: Int, groups: Int, kernel: [Int], geometry: ConvolutionGeometry
    ) throws(ComputeError) -> ConvolutionShape {
        let windows = try geometry.windows(input: Array(input[2...]), kernel: kernel)
        var shape = shape(channels: channels, depth: depth, groups: groups, kernel: kernel, geometry: geometry)
        shape.batch = input[0]
        shape.inputHeight = kernel.count == 1 ? 1 : input[2]
        shape.inputWidth = input[input.rank - 1]
        let last = windows[windows.count - 1]
        (shape.padLeft, shape.padRight) = (last.padBegin, last.padEnd)
        if kernel.count == 2 { (shape.padTop, shape.padBottom) = (windows[0].padBegin, windows[0].padEnd) }
        return shape
    }

    /// The part of a convolution's shape that does not depend on the images.
    static func shape(
        channels: Int, depth: Int, groups: Int, kernel: [Int], geometry: ConvolutionGeometry
    ) -> ConvolutionShape {
        var shape = ConvolutionShape(
            inputChannels: depth * groups, inputHeight: 1, inputWidth: 1, outputChannels: channels,
            kernelHeight: kernel.count == 1 ? 1 : kernel[0], kernelWidth: kernel[kernel.count - 1])
        shape.groups = groups
        shape.strideWidth = geometry.strides?.last ?? 1
        shape.dilationWidth = geometry.dilations?.last ?? 1
        if kernel.count == 2 {
            shape.strideHeight = geometry.strides?.first ?? 1
            shape.dilationHeight = geometry.dilations?.first ?? 1
        }
        return shape
    }
}
