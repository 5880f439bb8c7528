// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct ByteImageTests {
    /// Convolutions of one group with undilated rows of taps, and depthwise ones.
    static var shapes: [ConvolutionShape] {
        func make(
            _ channels: (Int, Int), _ size: (Int, Int), _ kernel: Int, stride: Int = 1, pad: Int = 0,
            isDepthwise: Bool = false, dilation: Int = 1, batch: Int = 1
        ) -> ConvolutionShape {
            var shape = ConvolutionShape(
                batch: batch, inputChannels: channels.0, inputHeight: size.0, inputWidth: size.1,
                outputChannels: channels.1, kernelHeight: kernel, kernelWidth: kernel)
            shape.groups = isDepthwise ? channels.0 : 1
            (shape.strideHeight, shape.strideWidth) = (stride, stride)
            shape.dilationHeight = dilation
            shape.dilationWidth = isDepthwise ? dilation : 1
            (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight) = (pad, pad, pad, max(0, pad - 1))
            return shape
        }
        return [
            make((4, 5), (3, 4), 1), make((16, 33), (9, 11), 1, batch: 2), make((8, 40), (7, 9), 1, stride: 2),
            make((4, 16), (13, 17), 7, stride: 2, pad: 3), make((3, 20), (6, 7), 3, pad: 1, batch: 2),
            make((12, 70), (7, 7), 3, pad: 1), make((5, 9), (10, 8), 3, pad: 2, dilation: 2),
            make((6, 7), (5, 31), 2, stride: 3), make((64, 40), (20, 30), 3, pad: 1), make((256, 300), (7, 7), 1),
            make((16, 16), (9, 12), 3, pad: 1, isDepthwise: true, batch: 2),
            make((24, 24), (9, 13), 3, stride: 2, pad: 1, isDepthwise: true),
            make((37, 37), (8, 9), 5, pad: 2, isDepthwise: true), make((5, 5), (9, 9), 3, isDepthwise: true),
            make((20, 20), (9, 11), 3, stride: 3, pad: 2, isDepthwise: true, dilation: 2),
            make((64, 64), (6, 8), 3, pad: 1, isDepthwise: true), make((80, 80), (7, 9), 3, pad: 1, isDepthwise: true),
            make((100, 100), (7, 11), 3, stride: 2, pad: 1, isDepthwise: true, batch: 2),
            make((64, 64), (9, 8), 5, pad: 2, isDepthwise: true), make((70, 70), (6, 7), 5, isDepthwise: true),
            make((90, 90), (12, 11), 5, stride: 2, pad: 2, isDepthwise: true),
            make((33, 33), (9, 9), 3, isDepthwise: true), make((150, 150), (50, 33), 3, pad: 1, isDepthwise: true),
        ]
    }

    @Test("Quantised convolutions over channels-last images are exact, residual included", arguments: kernelSets)
    func convolution(kernels: Kernels) {
        var random = SeededGenerator(91)
        for (index, shape) in Self.shapes.enumerated() {
            let (c, n, isSigned) = (shape.inputChannels, shape.outputChannels, index % 2 == 0)
            let zero: Int32 = 131
            let x = Buffer<UInt8>(random: shape.batch * shape.inputHeight * shape.inputWidth * c, &random)
            let w = Buffer<UInt8>(random: n * shape.depth, &random)
            let biases = (0..<n).map { _ in Int32.random(in: -500...500, using: &random) }
            // Great factors, and weights that do not fit a byte, take ways of their own.
            let factor: Float = index % 5 == 4 ? 4000 : 9
            let scales = (0..<n).map { _ in
                Float.random(in: 0.001...0.01, using: &random) / Float(shape.depth) * factor
            }
            let filterZero: Int32 = shape.isDepthwise && c < 32 ? 7 : isSigned ? 0 : 128
            let source = unsafe ByteFilterSource(
                channels: c, weights: w.constant, isSigned: isSigned,
                zeroPoints: [Int32](repeating: filterZero, count: n), biases: biases, scales: scales,
                inputZeroPoint: zero)
            let packed = Buffer<UInt8>(kernels.packedByteImageFilterByteCount(shape), filler: 0xa5)
            let memory = unsafe UnsafeMutableRawPointer(packed.pointer)
            unsafe kernels.packByteImageFilter(shape, source, into: memory)
            #expect(packed.isIntact)
            let count = shape.batch * shape.outputHeight * shape.outputWidth * n
            let residual = Buffer<UInt8>(random: count, &random)
            for form in 0..<(shape.isDepthwise ? 1 : 3) {
                var finish = ByteFinish(zeroPoint: 117, lowest: 100, highest: 240)
                finish.isResidualFirst = form == 2
                finish.sum = ByteSum(left: 0.61, right: 0.83, fixed: -31.25, lowest: 3, highest: 250)
                let y = Buffer<UInt8>(count, filler: 0xa5)
                unsafe kernels.byteImageConvolution(
                    shape, x.constant, zeroPoint: UInt8(zero), packed: memory, into: y.pointer,
                    residual: form == 0 ? nil : residual.constant, finish)
                var wrong = 0
                Self.eachOutput(shape) { image, row, column, channel, at in
                    var sum = biases[channel]
                    Self.eachTap(shape, row, column) { place, tap in
                        for input in 0..<(shape.isDepthwise ? 1 : c) {
                            let from = shape.isDepthwise ? channel : input
                            let value = place.map { Int32(x[(image + $0) * c + from]) } ?? zero
                            let weight = w[channel * shape.depth + input * shape.kernelHeight * shape.kernelWidth + tap]
                            sum &+= (value - zero) * (number(weight, isSigned: isSigned) - filterZero)
                        }
                    }
                    let rounded = Swift.min(Swift.max(Float(sum) * scales[channel], -17), 123)
                    let code = rounded.rounded(.toNearestOrEven) + 117
                    let other = Float(residual[at])
                    let (a, b) = form == 2 ? (other, code) : (code, other)
                    let added = Float(-31.25).addingProduct(b, 0.83).addingProduct(a, 0.61)
                    let expected =
                        form == 0 ? code : Swift.min(Swift.max(added.rounded(.toNearestOrEven), 3), 250)
                    if y[at] != UInt8(expected) { wrong += 1 }
                }
                #expect(wrong == 0, "\(shape), form \(form)")
                #expect(y.isIntact)
            }
        }
    }

    private static func eachOutput(_ shape: ConvolutionShape, _ body: (Int, Int, Int, Int, Int) -> Void) {
        var at = 0
        for image in 0..<shape.batch {
            for row in 0..<shape.outputHeight {
                for column in 0..<shape.outputWidth {
                    for channel in 0..<shape.outputChannels {
                        body(image * shape.inputHeight * shape.inputWidth, row, column, channel, at)
                        at += 1
                    }
                }
            }
        }
    }

    private static func eachTap(_ shape: ConvolutionShape, _ row: Int, _ column: Int, _ body: (Int?, Int) -> Void) {
        for u in 0..<shape.kernelHeight {
            let i = row * shape.strideHeight - shape.padTop + u * shape.dilationHeight
            for v in 0..<shape.kernelWidth {
                let j = column * shape.strideWidth - shape.padLeft + v * shape.dilationWidth
                let isInside = i >= 0 && i < shape.inputHeight && j >= 0 && j < shape.inputWidth
                body(isInside ? i * shape.inputWidth + j : nil, u * shape.kernelWidth + v)
            }
        }
    }

    @Test("The greatest byte under a window is found channel by channel", arguments: kernelSets)
    func maximum(kernels: Kernels) {
        var random = SeededGenerator(92)
        for (shape, channels) in zip(PoolingTests.shapes, [5, 16, 33, 64, 1, 7, 20, 3, 130]) {
            let (height, width) = (shape.inputHeight, shape.inputWidth)
            let x = Buffer<UInt8>(random: shape.planes * height * width * channels, &random)
            let y = Buffer<UInt8>(
                shape.planes * shape.outputHeight * shape.outputWidth * channels, filler: 0xa5)
            unsafe kernels.byteImageMaxPool(shape, channels: channels, x.constant, into: y.pointer)
            var wrong = 0
            for at in 0..<y.count {
                let (place, channel) = at.quotientAndRemainder(dividingBy: channels)
                let (line, column) = place.quotientAndRemainder(dividingBy: shape.outputWidth)
                let (image, row) = line.quotientAndRemainder(dividingBy: shape.outputHeight)
                var most: UInt8 = 0
                for u in 0..<shape.kernelHeight {
                    for v in 0..<shape.kernelWidth {
                        let i = row * shape.strideHeight - shape.padTop + u * shape.dilationHeight
                        let j = column * shape.strideWidth - shape.padLeft + v * shape.dilationWidth
                        guard i >= 0, i < height, j >= 0, j < width else { continue }
                        most = Swift.max(most, x[((image * height + i) * width + j) * channels + channel])
                    }
                }
                if y[at] != most { wrong += 1 }
            }
            #expect(wrong == 0 && y.isIntact, "\(shape)")
        }
    }

    @Test("Means, and channels brought together and taken apart", arguments: kernelSets)
    func turning(kernels: Kernels) {
        var random = SeededGenerator(93)
        for (channels, places, step) in [(3, 50, 4), (1, 7, 1), (17, 33, 20), (64, 49, 64), (3, 2000, 3), (5, 1, 5)] {
            let x = Buffer<UInt8>(random: 2 * channels * places, &random)
            let last = Buffer<UInt8>(2 * places * step, filler: 0xa5)
            unsafe kernels.gatherChannels(
                images: 2, channels: channels, places: places, step: step, flip: 0x80, x.constant, into: last.pointer)
            var wrong = 0
            for at in 0..<x.count {
                let (plane, place) = at.quotientAndRemainder(dividingBy: places)
                let (image, channel) = plane.quotientAndRemainder(dividingBy: channels)
                if last[(image * places + place) * step + channel] != x[at] ^ 0x80 { wrong += 1 }
            }
            #expect(wrong == 0 && last.isIntact, "\(channels) channels")
            let all = Buffer<UInt8>(random: 2 * places * channels, &random)
            let first = Buffer<UInt8>(2 * places * channels, filler: 0xa5)
            unsafe kernels.scatterChannels(
                images: 2, channels: channels, places: places, flip: 0, all.constant, into: first.pointer)
            let means = Buffer<UInt8>(2 * channels, filler: 0xa5)
            let factor = 1.3 / Float(places)
            unsafe kernels.byteImageMean(
                images: 2, places: places, channels: channels, zeroPoint: 9, factor: factor, outputZeroPoint: 4,
                all.constant, into: means.pointer)
            for index in 0..<2 * channels {
                let (image, channel) = index.quotientAndRemainder(dividingBy: channels)
                let values = (0..<places).map { all[(image * places + $0) * channels + channel] }
                #expect((0..<places).allSatisfy { first[index * places + $0] == values[$0] })
                let sum = values.reduce(0) { $0 + Int32($1) - 9 }
                let mean = (Float(sum) * factor).rounded(.toNearestOrEven) + 4
                #expect(means[index] == UInt8(Swift.min(Swift.max(mean, 0), 255)))
            }
            #expect(first.isIntact && means.isIntact)
        }
    }
}
