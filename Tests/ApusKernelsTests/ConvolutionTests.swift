// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct ConvolutionTests {
    /// Shapes around tiles, vectors and borders, each with its peculiarity.
    static var shapes: [ConvolutionShape] {
        func make(
            _ channels: Int, _ height: Int, _ width: Int, _ outputs: Int, _ kernel: (Int, Int), groups: Int = 1,
            stride: (Int, Int) = (1, 1), dilation: (Int, Int) = (1, 1), pads: (Int, Int, Int, Int) = (0, 0, 0, 0),
            batch: Int = 1
        ) -> ConvolutionShape {
            var shape = ConvolutionShape(
                batch: batch, inputChannels: channels, inputHeight: height, inputWidth: width,
                outputChannels: outputs, kernelHeight: kernel.0, kernelWidth: kernel.1)
            shape.groups = groups
            (shape.strideHeight, shape.strideWidth) = stride
            (shape.dilationHeight, shape.dilationWidth) = dilation
            (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight) = pads
            return shape
        }
        return [
            make(3, 9, 11, 8, (3, 3), pads: (1, 1, 1, 1)),
            make(3, 20, 21, 17, (3, 3), stride: (2, 2), pads: (0, 0, 1, 1), batch: 2),
            make(5, 7, 7, 15, (3, 3), pads: (1, 1, 1, 1)),
            make(4, 12, 40, 6, (5, 3), dilation: (2, 3), pads: (4, 3, 2, 1)),
            make(6, 10, 10, 9, (3, 3), groups: 3, stride: (3, 1), pads: (1, 0, 0, 2), batch: 2),
            make(16, 6, 7, 20, (1, 1), batch: 2),
            make(70, 13, 13, 33, (1, 1)),
            make(8, 9, 9, 16, (1, 1), stride: (2, 2)),
            make(40, 1, 1, 31, (1, 1), batch: 3),
            make(12, 1, 1, 30, (1, 1), groups: 2),
            make(2, 1, 50, 4, (1, 7), stride: (1, 3), pads: (0, 3, 0, 3)),
            make(130, 5, 5, 16, (3, 3), pads: (1, 1, 1, 1)),
            make(5, 17, 35, 5, (3, 3), groups: 5, pads: (1, 1, 1, 1)),
            make(4, 18, 33, 4, (3, 3), groups: 4, stride: (2, 2), pads: (1, 1, 1, 1), batch: 2),
            make(3, 11, 19, 3, (5, 5), groups: 3, pads: (2, 2, 2, 2)),
            make(3, 15, 16, 3, (5, 5), groups: 3, stride: (2, 2), pads: (2, 1, 2, 2)),
            make(3, 12, 13, 6, (3, 3), groups: 3, stride: (1, 2), pads: (1, 1, 1, 1)),
            make(2, 14, 30, 4, (2, 4), groups: 2, stride: (3, 3), dilation: (1, 2), pads: (2, 5, 1, 4)),
            make(3, 1, 40, 3, (1, 9), groups: 3, pads: (0, 8, 0, 0)),
            make(2, 3, 3, 2, (3, 3), groups: 2, dilation: (2, 2), pads: (2, 2, 2, 2)),
            make(3, 20, 31, 6, (3, 5), groups: 3, stride: (2, 7), dilation: (2, 1), pads: (2, 9, 1, 3)),
            make(6, 2, 2, 6, (3, 3), groups: 6, stride: (2, 2), pads: (1, 1, 1, 1)),
        ]
    }

    @Test("Convolutions agree with the definition", arguments: kernelSets)
    func shapes(kernels: Kernels) {
        var random = SeededGenerator(21)
        for (index, shape) in Self.shapes.enumerated() {
            let x = Buffer(
                shape.batch * shape.inputChannels * shape.inputHeight * shape.inputWidth, in: -1...1, &random)
            let w = Buffer(shape.outputChannels * shape.depth, in: -0.5...0.5, &random)
            let bias = Buffer(shape.outputChannels, in: -1...1, &random)
            let size = shape.batch * shape.outputChannels * shape.outputHeight * shape.outputWidth
            let residual = Buffer(size, in: -1...1, &random)
            let activation: Activation = [.none, .relu, .silu, .clip(min: 0, max: 6)][index % 4]
            var expected: [Float] = []
            naiveConvolution(shape, zero: 0.0) {
                $0 += Double(x[$1]) * Double(w[$2])
            } _: { sum, index, channel in
                expected.append(activation(Float(sum) + bias[channel] + residual[index]))
            }
            let packed = Buffer<Float>(kernels.packedConvolutionByteCount(shape) / 4, filler: 7)
            unsafe kernels.packConvolution(shape, weights: w.constant, into: packed.pointer)
            #expect(packed.isIntact)
            let y = Buffer(results: size)
            unsafe kernels.convolution(
                shape, x.constant, packed: packed.constant, into: y.pointer,
                epilogue: Epilogue(bias: bias.constant, residual: residual.constant, activation: activation))
            #expect(departure(y.array, expected, absolute: 2e-5) == nil, "\(shape)")
            #expect(y.isIntact)
        }
    }
}
