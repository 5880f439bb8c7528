// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What happens to an exact integer product before it is stored.
///
/// Integers: `product + integerBias`. Floats: `activation((product + integerBias) * scale + bias)`. Bytes: that
/// rounded half to even, plus the zero point, saturated to `lowest...highest` and to the byte's range.
@safe
package struct ByteEpilogue {
    /// Where results go; rows are contiguous.
    @safe
    package enum Destination {
        case integers(UnsafeMutablePointer<Int32>)
        case floats(UnsafeMutablePointer<Float>)
        case bytes(UnsafeMutableRawPointer, isSigned: Bool)
    }

    /// Whether per-channel numbers run along rows or columns of the result.
    package var axis: Epilogue.BiasAxis = .column
    /// One integer per channel, or nil.
    package var integerBias: UnsafePointer<Int32>?
    /// One factor, or one per channel.
    package var scales: UnsafePointer<Float>?
    /// Whether there is one factor per channel.
    package var isScalePerChannel = false
    /// One float per channel, or nil.
    package var bias: UnsafePointer<Float>?
    /// Applied to floats before rounding.
    package var activation: Activation = .none
    /// The zero point of bytes stored.
    package var zeroPoint: Int32 = 0
    /// The least byte stored.
    package var lowest: Int32 = -128
    /// The greatest byte stored.
    package var highest: Int32 = 255

    /// An epilogue that changes nothing.
    package init() {}
}
