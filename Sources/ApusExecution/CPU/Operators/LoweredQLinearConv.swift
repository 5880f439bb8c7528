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

    private let geometry: ConvolutionGeometry
    private let kernel: [Int]
    private let groups: Int
    private let channels: Int
    private let depth: Int
    private let isa: String
    private let inputZeroPoint: Int32
    private let output: QuantizedOutput

    init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        kernel = try node.integers("kernel_shape")
        groups = try node.integer("group", default: 1)
        channels = try node.integer("channels")
        depth = try node.integer("channels_per_group")
        isa = try node.string("isa", default: "scalar")
        inputZeroPoint = Int32(clamping: try node.integer("x_zero_point", default: 0))
        output = try QuantizedOutput(node)
        guard kernel.count == 1 || kernel.count == 2, groups > 0, channels > 0, channels % groups == 0, depth > 0,
            ([channels, depth, groups] + kernel).allSatisfy({ $0 <= ConvolutionGeometry.largestSize })
        else { throw .attribute("\(channels) channels in \(groups) groups of \(depth) under \(kernel)") }
        try PackedWeights.checkSizes([channels, depth] + kernel)
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == kernel.count + 2 else { return [] }
        let spatial = try geometry.outputs(input: Array(dimensions[2...]), kernel: kernel.map { Dimension($0) })
        return [.tensor(output.elementType, [dimensions[0], Dimension(channels)] + spatial)]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let scales = try inputs.tensor(2)
        let bias = try inputs.optionalTensor(3)
        guard x.elementType == .uint8 || x.elementType == .int8, x.shape.rank == kernel.count + 2,
            x.shape[1] == depth * groups
        else { throw .shape("input 0 is \(x), expected byte images of \(depth * groups) channels") }
        guard scales.elementType == .float32, scales.elementCount == 1 || scales.elementCount == channels,
            bias.map({ $0.elementType == .int32 && $0.elementCount == channels }) ?? true
        else { throw .shape("multipliers \(scales) or the bias do not fit \(channels) channels") }
        let shape = try LoweredConv.shape(
            x.shape, channels: channels, depth: depth, groups: groups, kernel: kernel, geometry: geometry)
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: kernels.packedByteConvolutionByteCount(shape), isa: isa, outputs.context)
        let spatial = kernel.count == 1 ? [shape.outputWidth] : [shape.outputHeight, shape.outputWidth]
        let result = try outputs.makeTensor(0, output.elementType, Shape([x.shape[0], channels] + spatial))
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
