// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// A two-dimensional `f32` convolution over images `N H W C` with packed weights, bias, residual and activation.
///
/// With the attribute `planar` the images read are `N C H W`, which windows over few channels can take.
///
/// Inputs: images, packed weights, bias (optional), residual of the output's shape (optional).
struct LoweredImageConv: Operator {
    static let schema = Schema("ImageConv", domain: PackedWeights.domain, inputs: 2...4)

    var workPerElement: Int { convolution.depth * convolution.kernel.reduce(1, *) }

    private let convolution: ConvolutionAttributes
    private let algorithm: ConvolutionAlgorithm
    private let epilogue: EpilogueAttributes
    private let isPlanar: Bool

    init(_ node: NodeReader) throws(ComputeError) {
        convolution = try ConvolutionAttributes(node)
        algorithm = try ConvolutionAlgorithm(node)
        epilogue = try EpilogueAttributes(node)
        isPlanar = try node.flag("planar")
        guard convolution.kernel.count == 2, algorithm.allows(convolution.shape),
            !isPlanar || algorithm == .indirect && convolution.shape.readsRuns
        else {
            throw .attribute("a window of \(convolution.kernel) over images, computed by \(algorithm)")
        }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        let spatial = try convolution.geometry.outputs(
            input: Array(isPlanar ? dimensions[2...3] : dimensions[1...2]),
            kernel: convolution.kernel.map { Dimension($0) })
        return [.tensor(.float32, [dimensions[0]] + spatial + [Dimension(convolution.channels)])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        guard x.elementType == .float32, x.shape.rank == 4,
            x.shape[isPlanar ? 1 : 3] == convolution.depth * convolution.groups
        else {
            throw .shape("input 0 is \(x), expected f32 images of \(convolution.depth * convolution.groups) channels")
        }
        let shape = try convolution.shape(
            isPlanar ? x.shape : Shape([x.shape[0], x.shape[3], x.shape[1], x.shape[2]]))
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: algorithm.byteCount(shape, kernels), isa: convolution.isa, outputs.context)
        let outputShape = Shape([x.shape[0], shape.outputHeight, shape.outputWidth, convolution.channels])
        let (bias, residual) = try epilogue.operands(inputs, channels: convolution.channels, outputShape)
        let result = try outputs.makeTensor(0, .float32, outputShape)
        if outputShape.elementCount > 0 {
            // SAFETY: the shapes were checked above, and the tensors outlive the call.
            let finish = unsafe Epilogue(
                bias: bias.map { unsafe UnsafePointer($0.floats) },
                residual: residual.map { unsafe UnsafePointer($0.floats) }, activation: epilogue.activation)
            unsafe algorithm.compute(
                shape, x, isPlanar: isPlanar, packed: packed, into: result, finish, kernels)
        }
        withExtendedLifetime((x, packed, bias, residual)) {}
        outputs.set(0, result.finish())
    }
}
