// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A depthwise convolution over images `N H W C` with a 1 x 1 convolution before it, after it, or both, in strips.
///
/// Inputs: images; packed weights and bias of the convolution before, of the depthwise one, and of the one after;
/// residual of the output's shape. All but the images and the depthwise weights are optional.
struct LoweredImageBlock: Operator, CountsWork {
    static let schema = Schema("ImageBlock", domain: PackedWeights.domain, inputs: 4...8)

    private let window: ConvolutionAttributes
    private let expandedFrom: Int?
    private let projectedTo: Int?
    private let epilogues: [EpilogueAttributes]
    private let precisions: [Precision]
    private let outputPrecision: Precision

    init(_ node: NodeReader) throws(ComputeError) {
        window = try ConvolutionAttributes(node)
        expandedFrom = node.hasInput(1) ? try node.integer("expanded_from") : nil
        projectedTo = node.hasInput(5) ? try node.integer("projected_to") : nil
        epilogues = [
            try EpilogueAttributes(node, prefix: "expand_"), try EpilogueAttributes(node),
            try EpilogueAttributes(node, prefix: "project_"),
        ]
        precisions = [
            try Precision(node, prefix: "expand_"), .f32, try Precision(node, prefix: "project_"),
        ]
        outputPrecision = try Precision(node, prefix: "output_")
        try PackedWeights.checkSizes([window.channels, expandedFrom ?? 1])
        try PackedWeights.checkSizes([window.channels, projectedTo ?? 1])
        guard window.kernel.count == 2, window.groups == window.channels, window.depth == 1, window.groups > 1,
            outputPrecision == .f32 || makesRounded
        else {
            throw .attribute("\(window.channels) channels in \(window.groups) groups under \(window.kernel)")
        }
    }

    /// Whether the result can be bf16.
    var makesRounded: Bool { epilogues[projectedTo == nil ? 1 : 2].activation.isFinished }

    var workPerElement: Int {
        let taps = window.kernel.reduce(1, *)
        guard let projectedTo else { return taps + (expandedFrom ?? 0) }
        // Strides are left out of the expansion, which the images read have more pixels for.
        return window.channels + (taps + (expandedFrom ?? 0)) * window.channels / projectedTo
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        let spatial = try window.geometry.outputs(
            input: Array(dimensions[1...2]), kernel: window.kernel.map { Dimension($0) })
        return [
            .tensor(
                outputPrecision.elementType, [dimensions[0]] + spatial + [Dimension(projectedTo ?? window.channels)])
        ]
    }

    /// Whether images of bf16 are read as they are.
    var readsRounded: Bool {
        expandedFrom.map { precisions[0] == .bf16 && $0 % 2 == 0 } ?? true
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let depth = expandedFrom ?? window.channels
        guard x.elementType == .float32 || x.elementType == .bfloat16 && readsRounded, x.shape.rank == 4,
            x.shape[3] == depth
        else {
            throw .shape("input 0 is \(x), expected images of \(depth) channels")
        }
        let shape = SeparableConvolution(
            window: try window.shape(Shape(x.shape[0], window.channels, x.shape[1], x.shape[2])),
            expandedFrom: expandedFrom, projectedTo: projectedTo)
        let outputShape = Shape(
            x.shape[0], shape.window.outputHeight, shape.window.outputWidth, projectedTo ?? window.channels)
        let residual = try inputs.optionalTensor(7)
        guard residual.map({ $0.isOfImages && $0.shape == outputShape }) ?? true else {
            throw .shape("the residual does not fit \(outputShape)")
        }
        // SAFETY: weights, biases and residual are checked, and the inputs outlive the call.
        let first = unsafe try stage(inputs, 0, shape.expansion, residual: nil, outputs.context)
        let second = unsafe try stage(
            inputs, 1, shape.window, residual: projectedTo == nil ? residual : nil, outputs.context)
        let third = unsafe try stage(inputs, 2, shape.projection, residual: residual, outputs.context)
        let result = try outputs.makeTensor(0, outputPrecision.elementType, outputShape)
        if outputShape.elementCount > 0, let second {
            unsafe outputs.context.kernels.separableConvolution(
                shape, x.numbers, expand: first, window: second, project: third, into: result.target)
        }
        withExtendedLifetime((x, residual, inputs)) {}
        outputs.set(0, result.finish())
    }

    /// Weights and epilogue of one of the three, where it is there.
    @unsafe
    private func stage(
        _ inputs: Inputs, _ index: Int, _ shape: ConvolutionShape?, residual: Tensor?, _ context: EvaluationContext
    ) throws(ComputeError) -> SeparableConvolution.Stage? {
        guard let shape else { return nil }
        let packed = try inputs.tensor(1 + 2 * index)
        try PackedWeights.check(
            packed, byteCount: context.kernels(precisions[index]).packedChannelsLastByteCount(shape), isa: window.isa,
            context)
        let bias = try inputs.optionalTensor(2 + 2 * index)
        guard bias.map({ $0.elementType == .float32 && $0.elementCount == shape.outputChannels }) ?? true else {
            throw .shape("input \(2 + 2 * index) is no bias of \(shape.outputChannels) channels")
        }
        let epilogue = unsafe Epilogue(
            bias: bias.map { unsafe UnsafePointer($0.floats) },
            imageResidual: residual.map { unsafe $0.numbers }, activation: epilogues[index].activation)
        return unsafe SeparableConvolution.Stage(
            weights: packed.baseAddress, epilogue: epilogue, precision: precisions[index])
    }
}
