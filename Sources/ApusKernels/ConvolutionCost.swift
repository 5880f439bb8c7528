// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What convolutions over images with channels last are expected to take, by the operations and bytes of each way.
extension Kernels {
    /// Cycles of one thread for the sums as defined: two vector products each, of pairs where there are such, and
    /// weights from memory.
    package func expectedCycles(_ shape: ConvolutionShape) -> Double {
        let pixels = Double(shape.outputHeight * shape.outputWidth * shape.batch)
        let weights = Double(shape.depth) * Double(shape.outputChannels)
        let isPaired = readsPairs(shape)
        return (isPaired ? pairFactor : 1) * pixels * weights / (2 * Double(lanes)) / 0.9
            + Self.trafficCycles(weights * (isPaired ? 2 : 4))
    }

    /// Cycles of one thread for Winograd's way: products, transforms of some operations a number, and weights from
    /// memory.
    package func expectedCycles(_ shape: ConvolutionShape, _ tile: WinogradTile) -> Double {
        let (channels, columns) = (Double(shape.inputChannels), Double(shape.outputChannels))
        let positions = Double(tile.positions)
        let tiles = Double(
            tile.count(over: shape.outputHeight) * tile.count(over: shape.outputWidth) * shape.batch)
        // Small tiles are many, and read each pixel more often.
        let isPaired = readsPairs(shape, tile)
        let products = (tile == .two ? 1.35 : 1.2) * channels * columns * (isPaired ? pairFactor : 1)
        let transforms = (isPaired ? 7.2 : 5.6) * channels + 4.4 * columns
        return tiles * positions * (products + transforms) / (2 * Double(lanes)) / 0.81
            + Self.trafficCycles((isPaired ? 2 : 4) * positions * channels * columns)
    }

    /// The time of a product of pairs as a share of that of two products of floats.
    private var pairFactor: Double { instructionSet.multipliesPairs ? 0.55 : 1.2 }

    /// Cycles to read weights that do not stay in the caches from run to run.
    private static func trafficCycles(_ weightBytes: Double) -> Double {
        weightBytes > Double(cachedWeightBytes) ? weightBytes / 6 : 0
    }

    /// Whether Winograd's way is worth a look: allowed, and with channels enough for vectors.
    package static func suitsWinograd(_ shape: ConvolutionShape) -> Bool {
        allowsWinograd(shape) && shape.inputChannels >= 8 && shape.outputChannels >= 8
    }

    /// Weights of more bytes are taken to come from memory at every run.
    private static let cachedWeightBytes = 1 << 20
}
