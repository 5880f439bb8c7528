// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A one- or two-dimensional quantised convolution with packed weights.
///
/// Inputs: images (`u8` or `i8`), packed weights, one output multiplier per channel or one for all
/// (`x_scale * w_scale / y_scale`), bias of `i32` per channel (optional).
struct LoweredQLinearConv: Operator {
    static let schema = Schema("QLinearConv", domain: PackedWeights.domain, inputs: 3...4)

    var workPerElement: Int { convolution.depth * convolution.kernel.reduce(1, *) }

    private let convolution: ConvolutionAttributes
    private let inputZeroPoint: Int32
    private let output: QuantizedOutput

    init(_ node: NodeReader) throws(ComputeError) {
        convolution = try ConvolutionAttributes(node)
        inputZeroPoint = Int32(clamping: try node.integer("x_zero_point", default: 0))
        output = try QuantizedOutput(node)
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let kernel = convolution.kernel
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == kernel.count + 2 else { return [] }
        let spatial = try convolution.geometry.outputs(
            input: Array(dimensions[2...]), kernel: kernel.map { Dimension($0) })
        return [.tensor(output.elementType, [dimensions[0], Dimension(convolution.channels)] + spatial)]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (x, channels, kernel) = (try inputs.tensor(0), convolution.channels, convolution.kernel)
        let inputChannels = convolution.depth * convolution.groups
        let packed = try inputs.tensor(1)
        let scales = try inputs.tensor(2)
        let bias = try inputs.optionalTensor(3)
        guard x.elementType == .uint8 || x.elementType == .int8, x.shape.rank == kernel.count + 2,
            x.shape[1] == inputChannels
        else { throw .shape("input 0 is \(x), expected byte images of \(inputChannels) channels") }
        guard scales.elementType == .float32, scales.elementCount == 1 || scales.elementCount == channels,
            bias.map({ $0.elementType == .int32 && $0.elementCount == channels }) ?? true
        else { throw .shape("multipliers \(scales) or the bias do not fit \(channels) channels") }
        let shape = try convolution.shape(x.shape)
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: kernels.packedByteConvolutionByteCount(shape), isa: convolution.isa, outputs.context)
        var sizes = ShortList(x.shape[0], channels)
        if kernel.count == 2 { sizes.append(shape.outputHeight) }
        sizes.append(shape.outputWidth)
        let result = try outputs.makeTensor(0, output.elementType, Shape(sizes: sizes))
        if result.elementCount > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            var epilogue = unsafe output.epilogue(axis: .row, scales: scales)
            unsafe epilogue.integerBias = bias.map { unsafe $0.words }
            unsafe kernels.byteConvolution(
                shape, x.baseAddress, isSigned: x.elementType == .int8, zeroPoint: inputZeroPoint,
                packed: packed.baseAddress, into: .bytes(result.baseAddress, isSigned: output.isSigned),
                epilogue: epilogue)
        }
        withExtendedLifetime((x, packed, scales, bias)) {}
        outputs.set(0, result.finish())
    }
}
