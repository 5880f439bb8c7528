// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What convolutions over images with channels last are expected to take, by the operations and bytes of each way.
extension Kernels {
    /// Cycles of one thread for the sums as defined: two vector products each, of pairs where there are such.
    package func expectedCycles(_ shape: ConvolutionShape) -> Double {
        let pixels = Double(shape.outputHeight * shape.outputWidth * shape.batch)
        let pairs = instructionSet.multipliesPairs ? 0.55 : 1.2
        let factor = readsPairs(shape) ? pairs : 1
        return factor * pixels * Double(shape.depth) * Double(shape.outputChannels) / (2 * Double(lanes)) / 0.9
    }

    /// Cycles of one thread for Winograd's F(4 x 4, 3 x 3): products, transforms of some operations a number, and
    /// weights from memory.
    package func expectedWinogradCycles(_ shape: ConvolutionShape) -> Double {
        let (channels, columns) = (Double(shape.inputChannels), Double(shape.outputChannels))
        let tiles = Double(((shape.outputHeight + 3) / 4) * ((shape.outputWidth + 3) / 4) * shape.batch)
        let rate = 2 * Double(lanes)
        let transforms = tiles * (200 * channels + 160 * columns) / rate
        let weights = 36 * channels * columns * 4
        let traffic = weights > Double(Self.cachedWeightBytes) ? weights / 8 : 0
        return (1.2 * tiles * 36 * channels * columns / rate + transforms + traffic) / 0.81
    }

    /// Whether Winograd's way is expected to take less time than the definition.
    package func prefersWinograd(_ shape: ConvolutionShape) -> Bool {
        Self.suitsWinograd(shape) && expectedWinogradCycles(shape) < expectedCycles(shape)
    }

    /// Whether Winograd's way is worth a look: allowed, and with channels enough for vectors.
    package static func suitsWinograd(_ shape: ConvolutionShape) -> Bool {
        allowsWinograd(shape) && shape.inputChannels >= 8 && shape.outputChannels >= 8
    }

    /// Transformed weights beyond this are taken to come from memory at every run.
    private static let cachedWeightBytes = 1 << 20
}
