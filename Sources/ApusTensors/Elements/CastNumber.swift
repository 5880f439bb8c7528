// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A number or truth value that converts from and to every other, without trapping.
package protocol CastNumber: TensorElement {
    /// The value of a float; what an integer cannot hold is undefined but the same everywhere.
    init(casting value: Float)
    /// The value of a double; what an integer cannot hold is undefined but the same everywhere.
    init(casting value: Double)
    /// The value of an integer; the high bits of one too large are lost.
    init(casting value: Int64)
    /// The value of an integer; the high bits of one too large are lost.
    init(casting value: UInt64)
    /// The same value as another type.
    func casting<Target: CastNumber>(to type: Target.Type) -> Target
}

extension CastNumber where Self: BinaryFloatingPoint {
    @inline(__always)
    package init(casting value: Int64) { self.init(value) }
    @inline(__always)
    package init(casting value: UInt64) { self.init(value) }
}
extension Float: CastNumber {
    @inline(__always)
    package init(casting value: Float) { self = value }
    @inline(__always)
    package init(casting value: Double) { self.init(value) }
    @inline(__always)
    package func casting<Target: CastNumber>(to type: Target.Type) -> Target { Target(casting: self) }
}
extension Double: CastNumber {
    @inline(__always)
    package init(casting value: Float) { self.init(value) }
    @inline(__always)
    package init(casting value: Double) { self = value }
    @inline(__always)
    package func casting<Target: CastNumber>(to type: Target.Type) -> Target { Target(casting: self) }
}
extension Float16: CastNumber {
    @inline(__always)
    package init(casting value: Float) { self.init(bitPattern: HalfConversion.narrow(value)) }
    @inline(__always)
    package init(casting value: Double) { self.init(casting: HalfConversion.roundedToOdd(value)) }
    @inline(__always)
    package func casting<Target: CastNumber>(to type: Target.Type) -> Target {
        Target(casting: HalfConversion.widen(bitPattern))
    }
}
extension BFloat16: CastNumber {
    @inline(__always)
    package init(casting value: Float) { self.init(value) }
    @inline(__always)
    package init(casting value: Double) { self.init(HalfConversion.roundedToOdd(value)) }
    @inline(__always)
    package init(casting value: Int64) { self.init(casting: Double(value)) }
    @inline(__always)
    package init(casting value: UInt64) { self.init(casting: Double(value)) }
    @inline(__always)
    package func casting<Target: CastNumber>(to type: Target.Type) -> Target { Target(casting: float) }
}
extension Bool: CastNumber {
    @inline(__always)
    package init(casting value: Float) { self = value != 0 }
    @inline(__always)
    package init(casting value: Double) { self = value != 0 }
    @inline(__always)
    package init(casting value: Int64) { self = value != 0 }
    @inline(__always)
    package init(casting value: UInt64) { self = value != 0 }
    @inline(__always)
    package func casting<Target: CastNumber>(to type: Target.Type) -> Target { Target(casting: Int64(self ? 1 : 0)) }
}

extension CastNumber where Self: FixedWidthInteger {
    @inline(__always)
    package init(casting value: Int64) { self.init(truncatingIfNeeded: value) }
    @inline(__always)
    package init(casting value: UInt64) { self.init(truncatingIfNeeded: value) }
    @inline(__always)
    package init(casting value: Float) { self.init(casting: Double(value)) }
    @inline(__always)
    package init(casting value: Double) {
        let isNarrow = Self.bitWidth < 32 || (Self.bitWidth == 32 && Self.isSigned)
        if isNarrow {
            self.init(truncatingIfNeeded: value > -2_147_483_649 && value < 2_147_483_648 ? Int32(value) : Int32.min)
        } else if Self.bitWidth == 64, !Self.isSigned, value >= 0x1p63, value < 0x1p64 {
            self.init(truncatingIfNeeded: UInt64(value))
        } else {
            self.init(truncatingIfNeeded: value >= -0x1p63 && value < 0x1p63 ? Int64(value) : Int64.min)
        }
    }
    @inline(__always)
    package func casting<Target: CastNumber>(to type: Target.Type) -> Target {
        if Self.bitWidth == 64 && !Self.isSigned { return Target(casting: UInt64(truncatingIfNeeded: self)) }
        return Target(casting: Int64(truncatingIfNeeded: self))
    }
}
extension Int8: CastNumber {}
extension Int16: CastNumber {}
extension Int32: CastNumber {}
extension Int64: CastNumber {}
extension UInt8: CastNumber {}
extension UInt16: CastNumber {}
extension UInt32: CastNumber {}
extension UInt64: CastNumber {}
