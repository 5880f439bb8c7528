// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct WinogradPairTests {
    @Test(
        "Winograd's tiles of two multiply pairs of channels within the rounding of both sides",
        arguments: kernelSets.ofAllPrecisions.filter { $0.precision == .bf16 })
    func pairs(kernels: Kernels) {
        var random = SeededGenerator(29)
        let plain = kernels.multiplying(.f32)
        for (channels, height, width, outputs) in [(2, 3, 3, 1), (8, 9, 11, 17), (38, 14, 13, 40), (64, 16, 16, 70)] {
            var shape = ConvolutionShape(
                batch: 2, inputChannels: channels, inputHeight: height, inputWidth: width, outputChannels: outputs,
                kernelHeight: 3, kernelWidth: 3)
            (shape.padTop, shape.padLeft, shape.padBottom, shape.padRight) = (1, 1, 1, 1)
            let x = Buffer(2 * channels * height * width, in: -1...1, &random)
            let w = Buffer(outputs * shape.depth, in: -0.5...0.5, &random)
            let residual = Buffer(2 * outputs * height * width, in: -1...1, &random)
            var results: [[Float]] = []
            for kernels in [plain, kernels] {
                let packed = Buffer<Float>(kernels.packedWinogradByteCount(shape, .two) / 4, filler: 7)
                unsafe kernels.packWinograd(shape, .two, weights: w.constant, into: packed.pointer)
                let y = Buffer(results: residual.array.count)
                unsafe kernels.winogradConvolution(
                    shape, .two, ImageNumbers(x.constant), packed: packed.constant, into: ImageTarget(y.pointer),
                    epilogue: Epilogue(residual: residual.constant, activation: .relu))
                #expect(packed.isIntact && y.isIntact)
                results.append(y.array)
            }
            let largest = results[0].max() ?? 0
            let worst = zip(results[0], results[1]).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 0.02 * largest, "\(shape): off by \(worst) of \(largest)")
            #expect(worst > 0, "\(shape): nothing was rounded")
            #expect(kernels.packedWinogradByteCount(shape, .two) * 2 == plain.packedWinogradByteCount(shape, .two))
        }
    }
}
