// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct PoolingTests {
    static var shapes: [PoolingShape] {
        func make(
            _ planes: Int, _ size: (Int, Int), _ kernel: (Int, Int), _ stride: (Int, Int), _ dilation: (Int, Int),
            _ pads: (Int, Int, Int, Int), extra: Int = 0
        ) -> PoolingShape {
            func extent(_ padded: Int, _ taps: Int, _ stride: Int, _ dilation: Int) -> Int {
                (padded - (taps - 1) * dilation - 1) / stride + 1 + extra
            }
            var shape = PoolingShape(
                planes: planes, inputHeight: size.0, inputWidth: size.1,
                outputHeight: extent(size.0 + pads.0 + pads.2, kernel.0, stride.0, dilation.0),
                outputWidth: extent(size.1 + pads.1 + pads.3, kernel.1, stride.1, dilation.1),
                kernelHeight: kernel.0, kernelWidth: kernel.1)
            (shape.strideHeight, shape.strideWidth) = stride
            (shape.dilationHeight, shape.dilationWidth) = dilation
            (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight) = pads
            return shape
        }
        return [
            make(3, (8, 9), (2, 2), (2, 2), (1, 1), (0, 0, 0, 0)),
            make(5, (13, 37), (3, 3), (2, 2), (1, 1), (1, 1, 1, 1)),
            make(2, (10, 40), (3, 3), (1, 1), (1, 1), (1, 1, 1, 1)),
            make(2, (11, 12), (3, 2), (3, 1), (2, 3), (1, 0, 2, 1)),
            make(4, (7, 7), (7, 7), (1, 1), (1, 1), (0, 0, 0, 0)),
            make(2, (9, 10), (3, 3), (2, 2), (1, 1), (0, 0, 0, 0), extra: 1),
            make(3, (17, 40), (9, 8), (4, 8), (1, 1), (4, 3, 2, 7)),
            make(2, (9, 41), (2, 3), (1, 6), (2, 3), (1, 2, 1, 2)),
            make(1, (1, 50), (1, 5), (1, 3), (1, 1), (0, 2, 0, 2)),
        ]
    }

    private func naive(
        _ s: PoolingShape, _ x: Buffer<Float>, _ reduce: (_ inside: [Float], _ padded: Int) -> Float
    ) -> [Float] {
        var result: [Float] = []
        for plane in 0..<s.planes {
            for i in 0..<s.outputHeight {
                for j in 0..<s.outputWidth {
                    var (inside, padded): ([Float], Int) = ([], 0)
                    for u in 0..<s.kernelHeight {
                        let row = i * s.strideHeight - s.padTop + u * s.dilationHeight
                        guard row < s.inputHeight + s.padBottom else { continue }
                        for v in 0..<s.kernelWidth {
                            let column = j * s.strideWidth - s.padLeft + v * s.dilationWidth
                            guard column < s.inputWidth + s.padRight else { continue }
                            padded += 1
                            guard row >= 0, row < s.inputHeight, column >= 0, column < s.inputWidth else { continue }
                            inside.append(x[(plane * s.inputHeight + row) * s.inputWidth + column])
                        }
                    }
                    result.append(reduce(inside, padded))
                }
            }
        }
        return result
    }

    @Test("Pooling agrees with the definition", arguments: kernelSets)
    func shapes(kernels: Kernels) {
        var random = SeededGenerator(51)
        for shape in Self.shapes {
            let x = Buffer(shape.planes * shape.inputHeight * shape.inputWidth, in: -4...4, &random)
            let count = shape.planes * shape.outputHeight * shape.outputWidth
            let y = Buffer(results: count)
            unsafe kernels.maxPool(shape, x.constant, into: y.pointer)
            #expect(departure(y.array, naive(shape, x) { inside, _ in inside.max() ?? -.infinity }) == nil, "\(shape)")
            for includingPadding in [false, true] {
                unsafe kernels.averagePool(
                    shape, includingPadding: includingPadding, x.constant, into: y.pointer)
                let expected = naive(shape, x) { inside, padded in
                    let divisor = includingPadding ? padded : inside.count
                    return divisor == 0 ? 0 : inside.reduce(0, +) / Float(divisor)
                }
                #expect(departure(y.array, expected, absolute: 2e-6) == nil, "\(shape)")
            }
            #expect(y.isIntact)
        }
    }

    @Test("Pooling with channels last agrees with the definition", arguments: kernelSets)
    func imagesWithChannelsLast(kernels: Kernels) {
        var random = SeededGenerator(52)
        for (index, planes) in Self.shapes.enumerated() {
            var shape = planes
            let channels = 5 + 9 * index
            shape.planes = channels * (1 + index % 2)
            let (plane, pixels) = (shape.inputHeight * shape.inputWidth, shape.outputHeight * shape.outputWidth)
            let x = Buffer(shape.planes * plane, in: -4...4, &random)
            let images = Buffer(channelsLast(x.array, channels, plane), filler: .nan)
            var folded = shape
            folded.planes = shape.planes / channels
            let y = Buffer(results: shape.planes * pixels)
            unsafe kernels.channelsLastMaxPool(
                folded, channels: channels, ImageNumbers(images.constant), into: ImageTarget(y.pointer))
            let most = naive(shape, x) { inside, _ in inside.max() ?? -.infinity }
            #expect(departure(y.array, channelsLast(most, channels, pixels)) == nil, "\(shape)")
            for includingPadding in [false, true] {
                unsafe kernels.channelsLastAveragePool(
                    folded, channels: channels, includingPadding: includingPadding, ImageNumbers(images.constant),
                    into: ImageTarget(y.pointer))
                let mean = naive(shape, x) { inside, padded in
                    let divisor = includingPadding ? padded : inside.count
                    return divisor == 0 ? 0 : inside.reduce(0, +) / Float(divisor)
                }
                let expected = channelsLast(mean, channels, pixels)
                #expect(departure(y.array, expected, absolute: 3e-6) == nil, "\(shape)")
            }
            #expect(y.isIntact)
        }
    }
}
