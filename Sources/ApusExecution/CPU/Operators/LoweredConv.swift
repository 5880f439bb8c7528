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

    var workPerElement: Int { convolution.depth * convolution.kernel.reduce(1, *) }

    private let convolution: ConvolutionAttributes
    private let epilogue: EpilogueAttributes

    init(_ node: NodeReader) throws(ComputeError) {
        convolution = try ConvolutionAttributes(node)
        epilogue = try EpilogueAttributes(node)
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let kernel = convolution.kernel
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == kernel.count + 2 else { return [] }
        let spatial = try convolution.geometry.outputs(
            input: Array(dimensions[2...]), kernel: kernel.map { Dimension($0) })
        return [.tensor(.float32, [dimensions[0], Dimension(convolution.channels)] + spatial)]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        let packed = try inputs.tensor(1)
        let (rank, inputChannels) = (convolution.kernel.count + 2, convolution.depth * convolution.groups)
        guard x.elementType == .float32, x.shape.rank == rank, x.shape[1] == inputChannels else {
            throw .shape("input 0 is \(x), expected f32 images of \(inputChannels) channels")
        }
        let shape = try convolution.shape(x.shape)
        let kernels = outputs.context.kernels
        try PackedWeights.check(
            packed, byteCount: kernels.packedConvolutionByteCount(shape), isa: convolution.isa, outputs.context)
        var sizes = ShortList(x.shape[0], convolution.channels)
        if rank == 4 { sizes.append(shape.outputHeight) }
        sizes.append(shape.outputWidth)
        let outputShape = Shape(sizes: sizes)
        let (bias, residual) = try epilogue.operands(inputs, channels: convolution.channels, outputShape)
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
}
