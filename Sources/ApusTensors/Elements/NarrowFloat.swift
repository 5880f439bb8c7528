// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A floating-point format of at most eight bits with a sign.
package struct NarrowFloat: Sendable {
    private let fractionBits: UInt32
    private let bias: Int
    private let largest: UInt32
    private let infinity: UInt32?
    private let notANumber: UInt32
    private let signBit: UInt32
    private let hasNegativeZero: Bool
    private let values: [Float]

    /// The format of an element type, or nil for one that is no signed narrow float.
    package init?(_ elementType: ElementType) {
        switch elementType {
        case .float8E4M3FN: self = NarrowFloat.e4m3fn
        case .float8E4M3FNUZ: self = NarrowFloat.e4m3fnuz
        case .float8E5M2: self = NarrowFloat.e5m2
        case .float8E5M2FNUZ: self = NarrowFloat.e5m2fnuz
        case .float4E2M1: self = NarrowFloat.e2m1
        case .float6E2M3: self = NarrowFloat.e2m3
        case .float6E3M2: self = NarrowFloat.e3m2
        default: return nil
        }
    }

    private static let e4m3fn = NarrowFloat(bits: 8, fractionBits: 3, bias: 7, largest: 0x7E, notANumber: 0x7F)
    private static let e4m3fnuz = NarrowFloat(
        bits: 8, fractionBits: 3, bias: 8, largest: 0x7F, notANumber: 0x80, hasNegativeZero: false)
    private static let e5m2 = NarrowFloat(
        bits: 8, fractionBits: 2, bias: 15, largest: 0x7B, infinity: 0x7C, notANumber: 0x7E)
    private static let e5m2fnuz = NarrowFloat(
        bits: 8, fractionBits: 2, bias: 16, largest: 0x7F, notANumber: 0x80, hasNegativeZero: false)
    private static let e2m1 = NarrowFloat(bits: 4, fractionBits: 1, bias: 1, largest: 7, infinity: 7, notANumber: 8)
    private static let e2m3 = NarrowFloat(bits: 6, fractionBits: 3, bias: 1, largest: 31, notANumber: 32)
    private static let e3m2 = NarrowFloat(bits: 6, fractionBits: 2, bias: 3, largest: 31, notANumber: 32)

    private init(
        bits: UInt32, fractionBits: UInt32, bias: Int, largest: UInt32, infinity: UInt32? = nil, notANumber: UInt32,
        hasNegativeZero: Bool = true
    ) {
        self.fractionBits = fractionBits
        self.bias = bias
        self.largest = largest
        self.infinity = infinity
        self.notANumber = notANumber
        self.hasNegativeZero = hasNegativeZero
        let signBit: UInt32 = 1 << (bits - 1)
        self.signBit = signBit
        values = (0..<(UInt32(1) << bits)).map { code in
            let magnitude = code & (signBit - 1)
            if !hasNegativeZero && code == signBit { return .nan }
            let value = NarrowFloat.magnitude(magnitude, fractionBits, bias, largest, infinity)
            return code & signBit == 0 ? value : -value
        }
    }

    private static func magnitude(
        _ code: UInt32, _ fractionBits: UInt32, _ bias: Int, _ largest: UInt32, _ infinity: UInt32?
    ) -> Float {
        guard code <= largest else { return code == infinity ? .infinity : .nan }
        let one = Float(UInt32(1) << fractionBits)
        let fraction = Float(code & (1 << fractionBits - 1)) / one
        let exponent = Int(code >> fractionBits)
        return Float(
            sign: .plus, exponent: Swift.max(exponent, 1) - bias, significand: exponent == 0 ? fraction : 1 + fraction)
    }

    /// The number a pattern stands for; bits above the format's are ignored.
    @inline(__always)
    package func decode(_ code: UInt8) -> Float { values[Int(code) & (values.count &- 1)] }

    /// The pattern nearest to a number, ties to even.
    ///
    /// What is too large becomes the largest number where `saturate` is set, and infinity or NaN otherwise.
    package func encode(_ value: Float, saturate: Bool) -> UInt8 {
        let pattern = value.bitPattern
        let sign = pattern >> 31 == 0 ? 0 : signBit
        if value.isNaN { return UInt8(truncatingIfNeeded: notANumber & signBit == 0 ? notANumber | sign : notANumber) }
        var code = rounded(pattern & 0x7FFF_FFFF)
        if code > largest || value.isInfinite {
            guard saturate else {
                let overflow = infinity ?? notANumber
                return UInt8(truncatingIfNeeded: overflow & signBit == 0 ? overflow | sign : overflow)
            }
            code = largest
        }
        return UInt8(truncatingIfNeeded: code == 0 && !hasNegativeZero ? 0 : code | sign)
    }

    private func rounded(_ magnitude: UInt32) -> UInt32 {
        let exponent = Int(magnitude >> 23) - 127 + bias
        let significand = magnitude & 0x7F_FFFF | 0x80_0000
        let shift = 23 - fractionBits + (exponent >= 1 ? 0 : UInt32(1 - exponent))
        guard shift <= 24, magnitude >= 0x80_0000 else { return 0 }
        let half: UInt32 = 1 << (shift - 1)
        let quotient = (significand + half - 1 + (significand >> shift & 1)) >> shift
        return exponent >= 1 ? UInt32(exponent) << fractionBits + quotient - 1 << fractionBits : quotient
    }
}

/// How a number between two powers of two becomes one.
package enum PowerRounding: String, Sendable, CaseIterable {
    case up
    case down
    case nearest
}

/// The format of a power of two in eight bits, without sign and zero.
package enum PowerOfTwo {
    /// The number a pattern stands for; 255 is NaN.
    @inline(__always)
    package static func decode(_ code: UInt8) -> Float {
        switch code {
        case 0: Float(bitPattern: 0x0040_0000)
        case 255: .nan
        default: Float(bitPattern: UInt32(code) << 23)
        }
    }

    /// The pattern of a number's magnitude.
    ///
    /// What is too small or too large becomes the nearest power where `saturate` is set, and NaN otherwise.
    package static func encode(_ value: Float, saturate: Bool, rounding: PowerRounding) -> UInt8 {
        if value.isNaN { return 255 }
        let magnitude = value.magnitude
        if magnitude < Float(bitPattern: 0x0040_0000) { return saturate ? 0 : 255 }
        if magnitude.isInfinite { return saturate ? 254 : 255 }
        let pattern = magnitude.bitPattern
        let isSubnormal = pattern < 0x80_0000
        let power = isSubnormal ? 0 : pattern >> 23
        let fraction = isSubnormal ? (pattern & 0x3F_FFFF) << 1 : pattern & 0x7F_FFFF
        let roundsUp =
            switch rounding {
            case .up: fraction > 0
            case .down: false
            case .nearest: fraction >= 0x40_0000
            }
        let code = power + (roundsUp ? 1 : 0)
        return UInt8(truncatingIfNeeded: code == 255 && saturate ? 254 : code)
    }
}
