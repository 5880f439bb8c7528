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

    /// Shapes around the panels and tiles of convolutions with channels last.
    static var wideShapes: [ConvolutionShape] {
        [16, 33, 48, 63, 64, 80, 97, 112, 129].map { outputs in
            var shape = ConvolutionShape(
                inputChannels: 10 + outputs % 3, inputHeight: 7, inputWidth: 5 + outputs % 4, outputChannels: outputs,
                kernelHeight: 3,
                kernelWidth: 2)
            (shape.padTop, shape.padRight) = (1, 1)
            return shape
        }
    }

    /// Depthwise windows over images of every width around their tiles.
    static var depthwiseShapes: [ConvolutionShape] {
        var result: [ConvolutionShape] = []
        for (kernel, stride) in [((3, 3), 1), ((3, 3), 2), ((5, 5), 1), ((3, 5), 2), ((7, 7), 1), ((9, 3), 1)] {
            for width in 1...19 {
                var shape = ConvolutionShape(
                    inputChannels: width % 3 == 0 ? 32 : 37, inputHeight: 1 + width % 5 * stride,
                    inputWidth: width * stride, outputChannels: width % 3 == 0 ? 32 : 37, kernelHeight: kernel.0,
                    kernelWidth: kernel.1)
                shape.groups = shape.inputChannels
                (shape.strideHeight, shape.strideWidth) = (stride, stride)
                shape.dilationHeight = width % 4 == 3 ? 2 : 1
                shape.padTop = kernel.0 / 2 * shape.dilationHeight
                shape.padBottom = shape.padTop
                (shape.padLeft, shape.padRight) = (kernel.1 / 2, kernel.1 / 2)
                result.append(shape)
            }
        }
        return result
    }

    @Test("Convolutions with channels last agree with the definition", arguments: kernelSets.ofAllPrecisions)
    func imagesWithChannelsLast(kernels: Kernels) {
        var random = SeededGenerator(22)
        for (index, shape) in (Self.shapes + Self.wideShapes + Self.depthwiseShapes).enumerated() {
            let plane = shape.inputHeight * shape.inputWidth
            let pixels = shape.outputHeight * shape.outputWidth
            let x = Buffer(shape.batch * shape.inputChannels * plane, in: -1...1, &random).rounded(for: kernels)
            let w = Buffer(shape.outputChannels * shape.depth, in: -0.5...0.5, &random).rounded(for: kernels)
            let bias = Buffer(shape.outputChannels, in: -1...1, &random)
            let residual = Buffer(shape.batch * shape.outputChannels * pixels, in: -1...1, &random)
            let activation: Activation = [.none, .relu, .silu, .clip(min: 0, max: 6)][index % 4]
            var sums: [Float] = []
            naiveConvolution(shape, zero: 0.0) {
                $0 += Double(x[$1]) * Double(w[$2])
            } _: { sum, _, channel in
                sums.append(Float(sum) + bias[channel])
            }
            let expected = channelsLast(sums, shape.outputChannels, pixels).enumerated().map {
                activation($0.element + residual[$0.offset])
            }
            let images = Buffer(channelsLast(x.array, shape.inputChannels, plane), filler: .nan)
            let packed = Buffer<Float>(kernels.packedChannelsLastByteCount(shape) / 4, filler: 7)
            unsafe kernels.packChannelsLast(shape, weights: w.constant, into: packed.pointer)
            #expect(packed.isIntact)
            let y = Buffer(results: sums.count)
            unsafe kernels.channelsLastConvolution(
                shape, ImageNumbers(images.constant), packed: packed.constant, into: ImageTarget(y.pointer),
                epilogue: Epilogue(bias: bias.constant, residual: residual.constant, activation: activation))
            #expect(departure(y.array, expected, absolute: 2e-5) == nil, "\(shape)")
            #expect(y.isIntact)
            let stride = shape.outputChannels + 3
            let apart = Buffer<Float>(sums.count / shape.outputChannels * stride, filler: -1e30)
            unsafe kernels.channelsLastConvolution(
                shape, ImageNumbers(images.constant), packed: packed.constant, into: ImageTarget(apart.pointer),
                epilogue: Epilogue(bias: bias.constant, residual: residual.constant, activation: activation),
                stride: stride)
            let places = sums.indices.map { $0 / shape.outputChannels * stride + $0 % shape.outputChannels }
            #expect(places.map { apart[$0] } == y.array, "\(shape), pixels apart")
            let gaps = Set(0..<sums.count / shape.outputChannels * stride).subtracting(places)
            #expect(gaps.allSatisfy { apart[$0] == -1e30 }, "\(shape), between pixels")
            guard shape.readsRuns else { continue }
            let again = Buffer(results: sums.count)
            unsafe kernels.channelsLastConvolution(
                shape, ImageNumbers(x.constant), packed: packed.constant, into: ImageTarget(again.pointer),
                epilogue: Epilogue(bias: bias.constant, residual: residual.constant, activation: activation),
                isPlanar: true)
            #expect(again.array == y.array, "\(shape), planes")
            #expect(again.isIntact)
        }
    }

    @Test("Factors of channels are taken into the weights", arguments: kernelSets.ofAllPrecisions)
    func factors(kernels: Kernels) {
        var random = SeededGenerator(28)
        for (channels, outputs) in [(5, 3), (16, 48), (37, 70), (64, 16)] {
            var shape = ConvolutionShape(
                inputChannels: channels, inputHeight: 9, inputWidth: 7, outputChannels: outputs, kernelHeight: 1,
                kernelWidth: 1)
            shape.batch = 2
            let x = Buffer(2 * 63 * channels, in: -1...1, &random).rounded(for: kernels)
            let w = Buffer(outputs * channels, in: -0.5...0.5, &random).rounded(for: kernels)
            let factors = Buffer(2 * channels, in: 0...2, &random)
            let residual = Buffer(2 * 63 * outputs, in: -1...1, &random)
            let scaled = Buffer(
                x.array.enumerated().map { place, value in
                    value * factors[place / (63 * channels) * channels + place % channels]
                }, filler: .nan)
            let packed = Buffer<Float>(kernels.packedChannelsLastByteCount(shape) / 4, filler: 7)
            unsafe kernels.packChannelsLast(shape, weights: w.constant, into: packed.pointer)
            let (expected, actual) = (Buffer(results: 126 * outputs), Buffer(results: 126 * outputs))
            let epilogue = unsafe Epilogue(residual: residual.constant, activation: .relu)
            unsafe kernels.channelsLastConvolution(
                shape, ImageNumbers(scaled.constant), packed: packed.constant, into: ImageTarget(expected.pointer),
                epilogue: epilogue)
            unsafe kernels.channelsLastConvolution(
                shape, ImageNumbers(x.constant), packed: packed.constant, into: ImageTarget(actual.pointer),
                epilogue: epilogue, factors: factors.constant)
            #expect(departure(actual.array, expected.array, absolute: 2e-5) == nil)
            #expect(actual.isIntact)
            withExtendedLifetime((x, scaled, factors, residual, packed)) {}
        }
    }

    @Test(
        "Heavy weights are read in blocks of taps without a change of the result", arguments: serialSets.ofAllPrecisions
    )
    func blocks(kernels: Kernels) {
        var random = SeededGenerator(23)
        var shape = ConvolutionShape(
            inputChannels: kernels.precision == .f32 ? 700 : 1400, inputHeight: 3, inputWidth: 3, outputChannels: 50,
            kernelHeight: 3, kernelWidth: 3)
        (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight) = (1, 1, 1, 1)
        let x = Buffer(shape.inputChannels * 9, in: -1...1, &random).rounded(for: kernels)
        let w = Buffer(shape.outputChannels * shape.depth, in: -0.1...0.1, &random).rounded(for: kernels)
        var expected: [Float] = []
        naiveConvolution(shape, zero: 0.0) {
            $0 += Double(x[$1]) * Double(w[$2])
        } _: { sum, _, _ in
            expected.append(Float(sum))
        }
        let images = Buffer(channelsLast(x.array, shape.inputChannels, 9), filler: .nan)
        let packed = Buffer<Float>(kernels.packedChannelsLastByteCount(shape) / 4, filler: 7)
        unsafe kernels.packChannelsLast(shape, weights: w.constant, into: packed.pointer)
        let y = Buffer(results: expected.count)
        unsafe kernels.channelsLastConvolution(
            shape, ImageNumbers(images.constant), packed: packed.constant, into: ImageTarget(y.pointer))
        let wanted = channelsLast(expected, shape.outputChannels, 9)
        #expect(departure(y.array, wanted, relative: 1e-5, absolute: 5e-5) == nil)
    }

    @Test("Winograd's convolutions agree with the definition", arguments: kernelSets, WinogradTile.allCases)
    func winograd(kernels: Kernels, tile: WinogradTile) {
        var random = SeededGenerator(24)
        let sizes = [(1, 3, 3, 1), (5, 9, 11, 17), (16, 4, 8, 16), (19, 14, 13, 40), (33, 21, 30, 8), (64, 16, 16, 70)]
        for (index, (channels, height, width, outputs)) in sizes.enumerated() {
            var shape = ConvolutionShape(
                batch: 1 + index % 2, inputChannels: channels, inputHeight: height, inputWidth: width,
                outputChannels: outputs, kernelHeight: 3, kernelWidth: 3)
            (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight) =
                index % 3 == 0 ? (0, 0, 0, 0) : (1, 1, 2, 1)
            let (plane, pixels) = (height * width, shape.outputHeight * shape.outputWidth)
            let x = Buffer(shape.batch * channels * plane, in: -1...1, &random)
            let w = Buffer(outputs * shape.depth, in: -0.5...0.5, &random)
            let bias = Buffer(outputs, in: -1...1, &random)
            let residual = Buffer(shape.batch * outputs * pixels, in: -1...1, &random)
            let activation: Activation = [.none, .relu, .silu, .clip(min: 0, max: 6)][index % 4]
            var sums: [Float] = []
            naiveConvolution(shape, zero: 0.0) {
                $0 += Double(x[$1]) * Double(w[$2])
            } _: { sum, _, channel in
                sums.append(Float(sum) + bias[channel])
            }
            let expected = channelsLast(sums, outputs, pixels).enumerated().map {
                activation($0.element + residual[$0.offset])
            }
            let images = Buffer(channelsLast(x.array, channels, plane), filler: .nan)
            let packed = Buffer<Float>(kernels.packedWinogradByteCount(shape, tile) / 4, filler: 7)
            unsafe kernels.packWinograd(shape, tile, weights: w.constant, into: packed.pointer)
            #expect(packed.isIntact)
            let y = Buffer(results: sums.count)
            unsafe kernels.winogradConvolution(
                shape, tile, ImageNumbers(images.constant), packed: packed.constant, into: ImageTarget(y.pointer),
                epilogue: Epilogue(bias: bias.constant, residual: residual.constant, activation: activation))
            #expect(departure(y.array, expected, absolute: 1e-4) == nil, "\(shape)")
            #expect(y.isIntact)
        }
    }
}
