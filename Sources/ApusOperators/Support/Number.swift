// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors
import Glibc

/// A number type operators calculate with: integers wrap around, and nothing traps.
package protocol Number: CastNumber, Numeric, Comparable {
    /// The type sums are formed in.
    associatedtype Total: Number
    /// The value in the type of sums.
    var total: Total { get }
    /// What every value is at least: the least integer, or negative infinity.
    static var lowest: Self { get }
    /// What every value is at most: the largest integer, or infinity.
    static var highest: Self { get }

    func plus(_ other: Self) -> Self
    func minus(_ other: Self) -> Self
    func times(_ other: Self) -> Self
    /// The quotient; of integers rounded towards zero and anything for a divisor of zero.
    func over(_ other: Self) -> Self
    /// The remainder with the divisor's sign; of integers anything for a divisor of zero.
    func floorRemainder(_ other: Self) -> Self
    /// The remainder with the dividend's sign; of integers anything for a divisor of zero.
    func truncatedRemainder(_ other: Self) -> Self
    /// The larger one; NaN where either is.
    func larger(_ other: Self) -> Self
    /// The smaller one; NaN where either is.
    func smaller(_ other: Self) -> Self
    var negated: Self { get }
    var absolute: Self { get }
    /// -1, 0 or 1; NaN for NaN.
    var direction: Self { get }
}

extension Number where Total == Self {
    @inline(__always)
    package var total: Self { self }
}

extension Number where Self: FixedWidthInteger {
    package static var lowest: Self { min }
    package static var highest: Self { max }

    @inline(__always)
    package func plus(_ other: Self) -> Self { self &+ other }
    @inline(__always)
    package func minus(_ other: Self) -> Self { self &- other }
    @inline(__always)
    package func times(_ other: Self) -> Self { self &* other }
    @inline(__always)
    package func over(_ other: Self) -> Self { dividedReportingOverflow(by: other).partialValue }
    @inline(__always)
    package func floorRemainder(_ other: Self) -> Self {
        let remainder = truncatedRemainder(other)
        return remainder != 0 && (remainder < 0) != (other < 0) ? remainder &+ other : remainder
    }
    @inline(__always)
    package func truncatedRemainder(_ other: Self) -> Self {
        remainderReportingOverflow(dividingBy: other).partialValue
    }
    @inline(__always)
    package func larger(_ other: Self) -> Self { self > other ? self : other }
    @inline(__always)
    package func smaller(_ other: Self) -> Self { self < other ? self : other }
    @inline(__always)
    package var negated: Self { 0 &- self }
    @inline(__always)
    package var absolute: Self { self < 0 ? 0 &- self : self }
    @inline(__always)
    package var direction: Self { signum() }
}
extension Int8: Number {
    package typealias Total = Int8
}
extension Int16: Number {
    package typealias Total = Int16
}
extension Int32: Number {
    package typealias Total = Int32
}
extension Int64: Number {
    package typealias Total = Int64
}
extension UInt8: Number {
    package typealias Total = UInt8
}
extension UInt16: Number {
    package typealias Total = UInt16
}
extension UInt32: Number {
    package typealias Total = UInt32
}
extension UInt64: Number {
    package typealias Total = UInt64
}

extension Number where Self: BinaryFloatingPoint {
    package static var lowest: Self { -.infinity }
    package static var highest: Self { .infinity }

    @inline(__always)
    package func plus(_ other: Self) -> Self { self + other }
    @inline(__always)
    package func minus(_ other: Self) -> Self { self - other }
    @inline(__always)
    package func times(_ other: Self) -> Self { self * other }
    @inline(__always)
    package func over(_ other: Self) -> Self { self / other }
    @inline(__always)
    package func floorRemainder(_ other: Self) -> Self {
        let remainder = truncatedRemainder(other)
        if remainder == 0 { return Self(signOf: other, magnitudeOf: remainder) }
        return (remainder < 0) != (other < 0) ? remainder + other : remainder
    }
    @inline(__always)
    package func larger(_ other: Self) -> Self { self > other || isNaN ? self : other }
    @inline(__always)
    package func smaller(_ other: Self) -> Self { self < other || isNaN ? self : other }
    @inline(__always)
    package var negated: Self { -self }
    @inline(__always)
    package var absolute: Self { magnitude }
    @inline(__always)
    package var direction: Self { self > 0 ? 1 : self < 0 ? -1 : self }
}
extension Float: Number {
    package typealias Total = Double
    @inline(__always)
    package var total: Double { Double(self) }
    @inline(__always)
    package func truncatedRemainder(_ other: Float) -> Float { fmodf(self, other) }
}
extension Double: Number {
    package typealias Total = Double
    @inline(__always)
    package func truncatedRemainder(_ other: Double) -> Double { fmod(self, other) }
}

/// An integer type operators calculate with.
package protocol WholeNumber: Number, FixedWidthInteger {}
extension Int8: WholeNumber {}
extension Int16: WholeNumber {}
extension Int32: WholeNumber {}
extension Int64: WholeNumber {}
extension UInt8: WholeNumber {}
extension UInt16: WholeNumber {}
extension UInt32: WholeNumber {}
extension UInt64: WholeNumber {}
