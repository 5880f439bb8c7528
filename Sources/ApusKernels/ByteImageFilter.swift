// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Where the parts of a quantised filter for channels-last images lie: weights, then a bias and a factor per channel.
///
/// Depthwise weights are floats, one row of channels for each tap; others are panels of signed bytes whose depth runs
/// over rows of taps, taps and, fastest, channels.
struct ByteImageFilter {
    /// The columns of a panel, or the channels of a depthwise step.
    let width: Int
    /// The channels padded to whole widths.
    let channels: Int
    /// The depth of one row of taps in groups of four.
    let groups: Int
    let isDepthwise: Bool
    private let shape: ConvolutionShape

    init(_ shape: ConvolutionShape, _ table: UnsafePointer<apus_kernel_table>) {
        self.shape = shape
        isDepthwise = shape.isDepthwise
        // SAFETY: the table is a constant of the kernel library.
        width = unsafe isDepthwise ? Swift.max(16, table.pointee.lanes) : table.pointee.i8_gemm_columns
        channels = (shape.outputChannels + width - 1) / width * width
        groups = (shape.kernelWidth * shape.inputChannels + 3) / 4
    }

    /// The bytes of one panel.
    var panelSize: Int { width * shape.kernelHeight * groups * 4 }
    var weightByteCount: Int { isDepthwise ? channels * shape.depth * 4 : channels / width * panelSize }
    var byteCount: Int { codesOffset + (hasCodes ? 64 + codeBlocks * codeBlockSize : 0) }
    private var codesOffset: Int { (weightByteCount + channels * 8 + 63) & ~63 }
    /// Whether depthwise weights come as bytes as well; a few channels at the end do without.
    private var hasCodes: Bool {
        isDepthwise && shape.kernelHeight == shape.kernelWidth && (shape.kernelWidth == 3 || shape.kernelWidth == 5)
    }
    private var codeBlockSize: Int { shape.kernelHeight * ((shape.kernelWidth + 3) / 4) * 256 + 512 }
    private var codeBlocks: Int { (shape.outputChannels + 47) / 64 }

    @unsafe
    func bias(_ base: UnsafeRawPointer) -> UnsafePointer<Int32> {
        unsafe (base + weightByteCount).assumingMemoryBound(to: Int32.self)
    }

    @unsafe
    func scales(_ base: UnsafeRawPointer) -> UnsafePointer<Float> {
        unsafe (base + weightByteCount + channels * 4).assumingMemoryBound(to: Float.self)
    }

    /// Depthwise weights as bytes, nil where they do not fit; see `apus_byte_window_task`.
    @unsafe
    func codes(_ base: UnsafeRawPointer) -> UnsafePointer<Int8>? {
        guard hasCodes, unsafe (base + codesOffset).load(as: Int32.self) == 1 else { return nil }
        return unsafe (base + codesOffset + 64).assumingMemoryBound(to: Int8.self)
    }

    /// Writes depthwise weights as bytes where they fit, after all channels were filled.
    @unsafe
    func fillCodes(_ packed: UnsafeMutableRawPointer) {
        guard hasCodes else { return }
        let weights = unsafe packed.assumingMemoryBound(to: Float.self)
        let (biases, factors) = unsafe (bias(packed), scales(packed))
        let (size, words) = (shape.kernelWidth, (shape.kernelWidth + 3) / 4)
        // Small factors keep rounded sums inside 32 bits.
        guard (0..<channels * size * size).allSatisfy({ unsafe (-128...127).contains(weights[$0]) }),
            (0..<channels).allSatisfy({ unsafe factors[$0].magnitude <= 0.25 })
        else { return }
        let blocks = unsafe packed + codesOffset + 64
        for place in 0..<Swift.min(codeBlocks * 64, shape.outputChannels) {
            let (lane, vector) = (place % 16 % 4, place % 16 / 4)
            // SAFETY: there is a block for every 64 channels.
            let block = unsafe blocks + place / 64 * codeBlockSize + (place % 64 / 16 * 4 + lane) * 4
            for tap in 0..<size * size {
                let (row, column) = tap.quotientAndRemainder(dividingBy: size)
                let at = ((row * 4 + vector) * words + column / 4) * 64 + column % 4
                let code = unsafe Int8(weights[tap * channels + place])
                unsafe (block + at).storeBytes(of: code, as: Int8.self)
            }
            let end = (size * words * 4 + vector) * 64
            unsafe (block + end).storeBytes(of: biases[place], as: Int32.self)
            unsafe (block + end + 256).storeBytes(of: factors[place], as: Float.self)
        }
        unsafe (packed + codesOffset).storeBytes(of: 1, as: Int32.self)
    }

    /// Writes what belongs to some output channels into memory full of zeros.
    ///
    /// Weights come as `[outputChannels, inputChannels / groups, height, width]`.
    @unsafe
    func fill(_ range: Range<Int>, of packed: UnsafeMutableRawPointer, _ source: ByteFilterSource) {
        let words = unsafe (packed + weightByteCount).assumingMemoryBound(to: Int32.self)
        let factors = unsafe (packed + weightByteCount + channels * 4).assumingMemoryBound(to: Float.self)
        for channel in range {
            let sum =
                unsafe isDepthwise
                ? fillTaps(of: channel, packed.assumingMemoryBound(to: Float.self), source)
                : fillPanel(of: channel, packed.assumingMemoryBound(to: Int8.self), source)
            unsafe words[channel] = source.bias(channel) &- source.inputZeroPoint &* sum
            unsafe factors[channel] = source.scale(channel)
        }
    }

    /// Writes one channel of each tap's row; the sum of its weights.
    @unsafe
    private func fillTaps(
        of channel: Int, _ floats: UnsafeMutablePointer<Float>, _ source: ByteFilterSource
    ) -> Int32 {
        let taps = shape.kernelHeight * shape.kernelWidth
        let weights = source.weights(of: channel, count: taps)
        var sum: Int32 = 0
        for tap in 0..<taps {
            let value = weights[tap]
            sum &+= value
            unsafe floats[tap * channels + channel] = Float(value)
        }
        return sum
    }

    /// Writes one column of its panel; the sum of its weights.
    @unsafe
    private func fillPanel(of channel: Int, _ bytes: UnsafeMutablePointer<Int8>, _ source: ByteFilterSource) -> Int32 {
        let inputs = shape.inputChannels / shape.groups
        let taps = shape.kernelHeight * shape.kernelWidth
        let weights = source.weights(of: channel, count: source.channels / shape.groups * taps)
        let (column, step) = (channel % width * 4, width * 4)
        let panel = unsafe bytes + channel / width * panelSize + column
        var sum: Int32 = 0
        for tap in 0..<taps {
            let (row, place) = tap.quotientAndRemainder(dividingBy: shape.kernelWidth)
            var depth = row * groups * 4 + place * inputs
            for input in 0..<source.channels / shape.groups {
                let value = weights[input * taps + tap]
                sum &+= value
                unsafe panel[(depth >> 2) * step + (depth & 3)] = Int8(truncatingIfNeeded: value)
                depth += 1
            }
        }
        return sum
    }
}

/// The numbers of a quantised filter as a model gives them.
@safe
package struct ByteFilterSource {
    /// The channels of the images the weights are for; images may have further ones, which do not count.
    package var channels: Int
    package var weights: UnsafePointer<UInt8>
    package var isSigned: Bool
    /// One for each output channel.
    package var zeroPoints: [Int32]
    /// One for each output channel, or none.
    package var biases: [Int32]
    /// What sums are multiplied with: one for each output channel, or one for all.
    package var scales: [Float]
    /// The zero point of the images.
    package var inputZeroPoint: Int32
    /// The distance between the weights of two output channels; nil where they lie one after the other.
    var channelStride: Int?
    /// The distance between the weights of one output channel.
    var depthStride = 1

    /// Names the numbers; the weights must outlive the use.
    package init(
        channels: Int, weights: UnsafePointer<UInt8>, isSigned: Bool, zeroPoints: [Int32], biases: [Int32],
        scales: [Float], inputZeroPoint: Int32
    ) {
        self.channels = channels
        unsafe self.weights = unsafe weights
        self.isSigned = isSigned
        self.zeroPoints = zeroPoints
        self.biases = biases
        self.scales = scales
        self.inputZeroPoint = inputZeroPoint
    }

    /// The weights of one output channel, of which there are `count`.
    fileprivate func weights(of channel: Int, count: Int) -> Channel {
        // SAFETY: the maker vouches for the weights.
        unsafe Channel(
            first: weights + channel * (channelStride ?? count), stride: depthStride, flip: isSigned ? 0 : 128,
            zeroPoint: zeroPoints[channel] &- (isSigned ? 0 : 128))
    }

    /// The weights of one output channel without their zero point.
    @safe
    fileprivate struct Channel {
        let first: UnsafePointer<UInt8>
        let stride: Int
        /// What makes a byte signed.
        let flip: UInt8
        let zeroPoint: Int32

        subscript(_ depth: Int) -> Int32 {
            // SAFETY: the maker of the source vouches for the weights.
            Int32(Int8(bitPattern: unsafe first[depth &* stride] ^ flip)) &- zeroPoint
        }
    }

    fileprivate func bias(_ channel: Int) -> Int32 { biases.isEmpty ? 0 : biases[channel] }

    fileprivate func scale(_ channel: Int) -> Float { scales.count == 1 ? scales[0] : scales[channel] }
}
