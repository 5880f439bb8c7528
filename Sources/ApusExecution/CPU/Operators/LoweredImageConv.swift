// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A two-dimensional convolution over images `N H W C` with packed weights, bias, residual and activation.
///
/// With the attribute `precision` its weights and images are rounded before they are multiplied. Images and residual
/// may be bf16 already where ``ConvolutionAlgorithm/readsRounded(_:_:)``, and the result is with `output_precision`.
///
/// With the attribute `planar` the images read are `N C H W`, which windows over few channels can take.
///
/// Inputs: images, packed weights, bias (optional), residual of the output's shape (optional), factors `[N, 1, 1, C]`
/// the images of a 1 x 1 convolution are multiplied by (optional).
struct LoweredImageConv: Operator {
    static let schema = Schema("ImageConv", domain: PackedWeights.domain, inputs: 2...5)

    var workPerElement: Int { convolution.depth * convolution.kernel.reduce(1, *) }

    let convolution: ConvolutionAttributes
    private let algorithm: ConvolutionAlgorithm
    private let precision: Precision
    private let outputPrecision: Precision
    private let epilogue: EpilogueAttributes
    private let isPlanar: Bool
    private let hasFactors: Bool

    init(_ node: NodeReader) throws(ComputeError) {
        convolution = try ConvolutionAttributes(node)
        algorithm = try ConvolutionAlgorithm(node)
        precision = try Precision(node)
        outputPrecision = try Precision(node, prefix: "output_")
        epilogue = try EpilogueAttributes(node)
        isPlanar = try node.flag("planar")
        hasFactors = node.hasInput(4)
        guard convolution.kernel.count == 2, algorithm.allows(convolution.shape),
            precision == .f32 || algorithm.hasPairs(convolution.shape),
            outputPrecision == .f32 || makesRounded, !isPlanar || algorithm == .indirect && convolution.shape.readsRuns,
            !hasFactors || algorithm == .indirect && convolution.groups == 1 && convolution.kernel == [1, 1]
        else {
            throw .attribute("a window of \(convolution.kernel) over images, computed by \(algorithm) in \(precision)")
        }
    }

    /// Whether images of bf16 are read as they are.
    func readsRounded(_ kernels: Kernels) -> Bool {
        !isPlanar && algorithm.readsRounded(convolution.shape, kernels.multiplying(precision))
    }

    /// Whether the result can be bf16.
    var makesRounded: Bool { algorithm.makesRounded(epilogue.activation) }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        let spatial = try convolution.geometry.outputs(
            input: Array(isPlanar ? dimensions[2...3] : dimensions[1...2]),
            kernel: convolution.kernel.map { Dimension($0) })
        return [.tensor(outputPrecision.elementType, [dimensions[0]] + spatial + [Dimension(convolution.channels)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let call = try prepare(inputs, outputs.context)
        let result = try outputs.makeTensor(0, outputPrecision.elementType, call.outputShape)
        // SAFETY: the result has the shape of the call.
        unsafe call.compute(into: result.target, stride: convolution.channels, outputs.context)
        outputs.set(0, result.finish())
    }

    /// Tensors that fit each other, ready to be convolved.
    struct Call {
        let shape: ConvolutionShape
        let outputShape: Shape
        fileprivate let algorithm: ConvolutionAlgorithm
        fileprivate let precision: Precision
        fileprivate let activation: Activation
        fileprivate let isPlanar: Bool
        fileprivate let (x, packed): (Tensor, Tensor)
        fileprivate let (bias, residual, factors): (Tensor?, Tensor?, Tensor?)

        /// Writes each pixel's channels to memory, pixels `stride` numbers apart.
        @unsafe
        func compute(into y: ImageTarget, stride: Int, _ context: EvaluationContext) {
            guard outputShape.elementCount > 0 else { return }
            // SAFETY: the shapes were checked, and the tensors outlive the call.
            let finish = unsafe Epilogue(
                bias: bias.map { unsafe UnsafePointer($0.floats) },
                imageResidual: residual.map { unsafe $0.numbers }, activation: activation)
            unsafe algorithm.compute(
                shape, x, isPlanar: isPlanar, factors: factors, packed: packed, into: y, stride: stride, finish,
                context.kernels(precision))
            withExtendedLifetime(self) {}
        }
    }

    /// Reads and checks the inputs.
    func prepare(_ inputs: Inputs, _ context: EvaluationContext) throws(ComputeError) -> Call {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        guard x.elementType == .float32 || x.elementType == .bfloat16 && !isPlanar, x.shape.rank == 4,
            x.shape[isPlanar ? 1 : 3] == convolution.depth * convolution.groups
        else {
            throw .shape("input 0 is \(x), expected images of \(convolution.depth * convolution.groups) channels")
        }
        let shape = try convolution.shape(
            isPlanar ? x.shape : Shape(x.shape[0], x.shape[3], x.shape[1], x.shape[2]))
        try PackedWeights.check(
            packed, byteCount: algorithm.byteCount(shape, context.kernels(precision)), isa: convolution.isa, context)
        guard x.elementType == .float32 || algorithm.readsRounded(shape, context.kernels(precision)) else {
            throw .elementType("input 0 is \(x), expected f32 under a window of \(convolution.kernel)")
        }
        let outputShape = Shape(x.shape[0], shape.outputHeight, shape.outputWidth, convolution.channels)
        let (bias, residual) = try epilogue.operands(
            inputs, channels: convolution.channels, outputShape, ofImages: true)
        let factors = try inputs.optionalTensor(4)
        guard factors.map({ $0.elementType == .float32 && $0.shape == Shape(x.shape[0], 1, 1, x.shape[3]) }) ?? true
        else { throw .shape("input 4 is no factors of the images \(x)") }
        return Call(
            shape: shape, outputShape: outputShape, algorithm: algorithm, precision: precision,
            activation: epilogue.activation, isPlanar: isPlanar, x: x, packed: packed, bias: bias, residual: residual,
            factors: factors)
    }
}
