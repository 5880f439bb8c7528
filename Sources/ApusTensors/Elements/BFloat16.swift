// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The upper half of a 32-bit float.
public struct BFloat16: TensorElement, Hashable {
    /// Sign, 8 exponent bits, 7 fraction bits.
    public var bits: UInt16

    /// Makes a value from its bits.
    public init(bits: UInt16) { self.bits = bits }

    /// Rounds to nearest, ties to even; NaN stays NaN.
    @inline(__always)
    public init(_ value: Float) {
        let pattern = value.bitPattern
        if value.isNaN {
            bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x40
        } else {
            bits = UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ ((pattern >> 16) & 1)) >> 16)
        }
    }

    /// The same value in 32 bits.
    @inline(__always)
    public var float: Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Brain floating point.
    public static var elementType: ElementType { .bfloat16 }
}
