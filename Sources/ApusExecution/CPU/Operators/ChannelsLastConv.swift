// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A two-dimensional quantised convolution over `N H W C` images of `u8`, with a packed filter.
///
/// Inputs: images, packed filter, residual of the output's shape (optional), which the attributes `sum_factors`,
/// `sum_lowest`, `sum_highest` and `is_residual_first` say how to add.
struct ChannelsLastConv: Operator {
    static let schema = Schema("ChannelsLastConv", domain: PackedWeights.domain, inputs: 2...3)

    var workPerElement: Int { depth * kernel.reduce(1, *) }

    private let geometry: ConvolutionGeometry
    private let kernel: [Int]
    private let groups: Int
    private let channels: Int
    private let depth: Int
    private let isa: String
    private let inputZeroPoint: UInt8
    private let finish: ByteFinish

    init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        kernel = try node.integers("kernel_shape")
        groups = try node.integer("group", default: 1)
        channels = try node.integer("channels")
        depth = try node.integer("channels_per_group")
        isa = try node.string("isa", default: "scalar")
        inputZeroPoint = UInt8(clamping: try node.integer("x_zero_point", default: 0))
        var finish = ByteFinish(
            zeroPoint: Int32(UInt8(clamping: try node.integer("y_zero_point", default: 0))),
            lowest: Int32(clamping: try node.integer("lowest", default: 0)),
            highest: Int32(clamping: try node.integer("highest", default: 255)))
        if node.has("sum_factors") {
            finish.sum = try ByteSum(node)
            finish.isResidualFirst = try node.flag("is_residual_first")
        }
        self.finish = finish
        guard kernel.count == 2, groups == 1 || groups == channels && depth == 1, channels > 0, depth > 0,
            geometry.strides?.count ?? 2 == 2, geometry.dilations?.count ?? 2 == 2,
            groups > 1 || geometry.dilations?.last ?? 1 == 1,
            ([channels, depth, groups] + kernel).allSatisfy({ $0 > 0 && $0 <= ConvolutionGeometry.largestSize }),
            !channels.multipliedReportingOverflow(by: depth).overflow
        else { throw .attribute("\(channels) channels in \(groups) groups of \(depth) under \(kernel)") }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        let spatial = try geometry.outputs(input: Array(dimensions[1...2]), kernel: kernel.map { Dimension($0) })
        return [.tensor(.uint8, [dimensions[0]] + spatial + [Dimension(channels)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let residual = try inputs.optionalTensor(2)
        guard x.elementType == .uint8, x.shape.rank == 4, x.shape[3] == depth * groups else {
            throw .shape("input 0 is \(x), expected u8 images of \(depth * groups) channels at the end")
        }
        let convolution = ConvolutionAttributes(
            geometry: geometry, kernel: kernel, groups: groups, channels: channels, depth: depth, isa: isa)
        let shape = try convolution.shape(Shape(x.shape[0], x.shape[3], x.shape[1], x.shape[2]))
        try ChannelsLast.checkPlane(PoolingShape(shape), channels: x.shape[3])
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: kernels.packedByteImageFilterByteCount(shape), isa: isa, outputs.context)
        let outputShape = Shape(x.shape[0], shape.outputHeight, shape.outputWidth, channels)
        guard residual.map({ groups == 1 && $0.elementType == .uint8 && $0.shape == outputShape }) ?? true else {
            throw .shape("the residual does not fit \(outputShape)")
        }
        let result = try outputs.makeTensor(0, .uint8, outputShape)
        if result.elementCount > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            unsafe kernels.byteImageConvolution(
                shape, x.bytes, zeroPoint: inputZeroPoint, packed: packed.baseAddress, into: result.bytes,
                residual: residual.map { unsafe $0.bytes }, finish)
        }
        withExtendedLifetime((x, packed, residual)) {}
        outputs.set(0, result.finish())
    }
}
