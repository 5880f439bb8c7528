// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct SeparableConvolutionTests {
    static var shapes: [SeparableConvolution] {
        func make(
            _ batch: Int, _ size: (Int, Int), _ channels: (Int?, Int, Int?), kernel: Int, stride: Int,
            dilation: Int = 1, pads: (Int, Int, Int, Int)
        ) -> SeparableConvolution {
            var window = ConvolutionShape(
                batch: batch, inputChannels: channels.1, inputHeight: size.0, inputWidth: size.1,
                outputChannels: channels.1, kernelHeight: kernel, kernelWidth: kernel)
            window.groups = channels.1
            (window.strideHeight, window.strideWidth) = (stride, stride)
            (window.dilationHeight, window.dilationWidth) = (dilation, dilation)
            (window.padTop, window.padLeft, window.padBottom, window.padRight) = pads
            return SeparableConvolution(window: window, expandedFrom: channels.0, projectedTo: channels.2)
        }
        return [
            make(1, (40, 40), (9, 144, 10), kernel: 3, stride: 1, pads: (1, 1, 1, 1)),
            make(2, (61, 47), (5, 70, 19), kernel: 3, stride: 2, pads: (0, 0, 1, 1)),
            make(1, (40, 33), (7, 90, nil), kernel: 5, stride: 2, pads: (2, 2, 2, 2)),
            make(1, (64, 64), (nil, 66, 31), kernel: 3, stride: 1, pads: (1, 1, 1, 1)),
            make(1, (30, 40), (9, 96, 11), kernel: 3, stride: 1, dilation: 3, pads: (3, 3, 3, 3)),
            make(1, (29, 30), (4, 300, 8), kernel: 3, stride: 4, pads: (0, 0, 0, 0)),
            make(3, (5, 4), (3, 20, 6), kernel: 3, stride: 1, pads: (4, 1, 1, 1)),
        ]
    }

    @Test("Strips give the sums of one convolution after the other, to the bit", arguments: kernelSets.ofAllPrecisions)
    func strips(kernels: Kernels) {
        var random = SeededGenerator(23)
        for (index, shape) in Self.shapes.enumerated() {
            let window = shape.window
            let places = window.batch * window.inputHeight * window.inputWidth
            let pixels = window.batch * window.outputHeight * window.outputWidth
            let x = Buffer(places * (shape.expandedFrom ?? window.inputChannels), in: -1...1, &random)
            let count = pixels * (shape.projectedTo ?? window.outputChannels)
            let residual = Buffer(count, in: -1...1, &random)
            let activations: [Activation] = [.silu, .clip(min: 0, max: 6), .tanh, .hardSwish]
            var memory: [(packed: Buffer<Float>, bias: Buffer<Float>)] = []
            func stage(_ convolution: ConvolutionShape, isLast: Bool) -> SeparableConvolution.Stage {
                let weights = Buffer(convolution.outputChannels * convolution.depth, in: -0.5...0.5, &random)
                let packed = Buffer<Float>(kernels.packedChannelsLastByteCount(convolution) / 4, filler: 7)
                let bias = Buffer(convolution.outputChannels, in: -1...1, &random)
                unsafe kernels.packChannelsLast(convolution, weights: weights.constant, into: packed.pointer)
                memory.append((packed, bias))
                let epilogue = unsafe Epilogue(
                    bias: bias.constant, residual: isLast ? residual.constant : nil,
                    activation: activations[(index + memory.count) % 4])
                return unsafe SeparableConvolution.Stage(
                    weights: packed.constant, epilogue: epilogue, precision: kernels.precision)
            }
            let expand = shape.expansion.map { stage($0, isLast: false) }
            let middle = stage(window, isLast: shape.projectedTo == nil)
            let project = shape.projection.map { stage($0, isLast: true) }
            let first = Buffer(results: places * window.inputChannels)
            let second = Buffer(results: pixels * window.outputChannels)
            let (expected, actual) = (Buffer(results: count), Buffer(results: count))
            func run(
                _ convolution: ConvolutionShape, _ stage: SeparableConvolution.Stage, _ from: Buffer<Float>,
                _ to: Buffer<Float>
            ) {
                unsafe kernels.channelsLastConvolution(
                    convolution, ImageNumbers(from.constant), packed: stage.weights, into: ImageTarget(to.pointer),
                    epilogue: stage.epilogue)
            }
            if let expansion = shape.expansion, let expand {
                run(expansion, expand, x, first)
                // What strips hold between is rounded where products would round it.
                if kernels.precision == .bf16, expand.epilogue.activation.isFinished { round(first) }
            }
            run(window, middle, shape.expandedFrom == nil ? x : first, shape.projectedTo == nil ? expected : second)
            if let projection = shape.projection, let project {
                run(projection, project, second, expected)
            }
            unsafe kernels.separableConvolution(
                shape, ImageNumbers(x.constant), expand: expand, window: middle, project: project,
                into: ImageTarget(actual.pointer))
            let isSame = actual.array == expected.array
            #expect(isSame, "\(shape)")
            #expect(actual.isIntact && expected.isIntact)
        }
    }

    /// Rounds numbers to bf16.
    private func round(_ numbers: Buffer<Float>) {
        for index in 0..<numbers.count {
            let bits = numbers[index].bitPattern
            numbers[index] = Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
        }
    }
}
