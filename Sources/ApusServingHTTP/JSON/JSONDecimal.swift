// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A number as it was written: sign, up to 19 digits and a power of ten.
package struct JSONDecimal: Sendable {
    /// What is written where no digits are.
    package enum Special: Sendable { case none, notANumber, infinity }

    var isNegative = false
    /// The first 19 significant digits.
    var digits: UInt64 = 0
    /// The power of ten the digits are multiplied with.
    var exponent = 0
    /// Whether digits after the nineteenth were dropped that were not all 0.
    var isCut = false
    /// Whether the number has neither a point nor an exponent.
    var isInteger = true
    var special = Special.none

    /// The number as an integer where it is written as one and fits.
    @inline(__always)
    func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        guard isInteger, exponent == 0, !isCut, special == .none else { return nil }
        if !isNegative { return Value(exactly: digits) }
        if digits == 0 { return 0 }
        guard Value.isSigned, digits <= 1 << 63 else { return nil }
        return Value(exactly: Int64(truncatingIfNeeded: 0 &- digits))
    }

    /// The number in double precision where one operation on exact numbers gives it, else nil.
    var exactDouble: Double? {
        switch special {
        case .notANumber: return .nan
        case .infinity: return isNegative ? -.infinity : .infinity
        case .none: break
        }
        if digits == 0, !isCut { return isNegative ? -0.0 : 0 }
        guard digits <= 1 << 53, !isCut, exponent >= -22, exponent <= 22 else { return nil }
        let magnitude = exponent < 0 ? Double(digits) / power(-exponent) : Double(digits) * power(exponent)
        return isNegative ? -magnitude : magnitude
    }

    /// A double within 4 units of its last place of the number, where it can be had quickly.
    ///
    /// The digits are rounded once, each of at most two factors once, and dropped digits are less than one unit.
    @inline(__always)
    func nearbyMagnitude() -> Double? {
        var magnitude = Double(digits)
        if exponent < 0 {
            if exponent >= -22 {
                magnitude /= power(-exponent)
            } else {
                guard exponent >= -44 else { return nil }
                magnitude /= 1e22
                magnitude /= power(-exponent - 22)
            }
        } else if exponent > 0 {
            guard exponent <= 22 else { return nil }
            magnitude *= power(exponent)
        }
        return magnitude
    }

    /// Whether a double near the number rounds to the same narrower number as the number itself.
    ///
    /// `dropped`: How many bits of the double's fraction the narrower type has not.
    @inline(__always)
    static func rounds(_ nearby: Double, dropping dropped: UInt64) -> Bool {
        let half: UInt64 = 1 << (dropped - 1)
        let rest = nearby.bitPattern & (half << 1 &- 1)
        let distance = rest > half ? rest &- half : half &- rest
        return distance > 8
    }

    /// 10 to a power from 0 to 22, all of which are exact.
    @inline(__always)
    private func power(_ exponent: Int) -> Double { JSONDecimal.powers[exponent] }

    private static let powers: InlineArray<23, Double> = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}

extension JSONReader {
    /// Reads a number as it is written.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func decimal() throws(JSONError) -> JSONDecimal {
        var result = JSONDecimal()
        let end = bytes.count
        var place = position
        if place < end, bytes[place] == UInt8(ascii: "-") {
            result.isNegative = true
            place &+= 1
        }
        let first = place
        // SAFETY: here and below, every place is below the end.
        guard place < end else { throw failure("the text ends where a number was expected") }
        var digit = unsafe bytes[unchecked: place] &- 0x30
        guard digit <= 9 else { return try specialNumber(result.isNegative, at: place) }
        var digits: UInt64 = 0
        var count = 0
        repeat {
            digits = digits &* 10 &+ UInt64(digit)
            place &+= 1
            guard place < end else { break }
            digit = unsafe bytes[unchecked: place] &- 0x30
        } while digit <= 9
        count = place &- first
        if count > 1, unsafe bytes[unchecked: first] == 0x30 { throw failure("a number that begins with 0") }
        var exponent = 0
        var pointPlace = place
        if place < end, unsafe bytes[unchecked: place] == UInt8(ascii: ".") {
            result.isInteger = false
            place &+= 1
            pointPlace = place
            fraction(&digits, &place)
            guard place > pointPlace else {
                position = place
                throw failure("a number without digits after its point")
            }
            exponent = pointPlace &- place
            count &-= exponent
        }
        if count > 19 {
            let whole = result.isInteger ? place : pointPlace &- 1
            (digits, exponent, result.isCut) = longDigits(from: first, whole: whole, end: place)
        }
        if place < end, unsafe bytes[unchecked: place] | 0x20 == UInt8(ascii: "e") {
            result.isInteger = false
            exponent &+= try power(&place)
        }
        position = place
        result.digits = digits
        result.exponent = exponent
        return result
    }

    /// Reads the digits after a point, eight at a time while there are as many.
    @inline(__always)
    private func fraction(_ digits: inout UInt64, _ place: inout Int) {
        let end = bytes.count
        while end &- place >= 8 {
            // SAFETY: eight bytes from the place on are there.
            let eight = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
            let text = UInt64(littleEndian: eight)
            // Every byte is from 0x30 to 0x39.
            guard text & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030,
                (text &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
            else { break }
            digits = digits &* 100_000_000 &+ JSONReader.eightDigits(text)
            place &+= 8
        }
        while place < end {
            // SAFETY: the place is below the end.
            let digit = unsafe bytes[unchecked: place] &- 0x30
            guard digit <= 9 else { break }
            digits = digits &* 10 &+ UInt64(digit)
            place &+= 1
        }
    }

    /// The number that eight digits write, the first in the lowest byte: pairs, then fours, then all.
    @inline(__always)
    private static func eightDigits(_ text: UInt64) -> UInt64 {
        let ones = text &- 0x3030_3030_3030_3030
        let pairs = (ones &* 10 &+ (ones >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ (fours >> 32)) & 0xFFFF_FFFF
    }

    /// The first 19 significant digits of a number with more than 19, the power of ten, and whether others were not 0.
    private func longDigits(from first: Int, whole: Int, end: Int) -> (UInt64, Int, Bool) {
        var digits: UInt64 = 0
        var count = 0
        var exponent = 0
        var isCut = false
        for place in first..<end where bytes[place] != UInt8(ascii: ".") {
            let digit = UInt64(bytes[place] &- 0x30)
            if count < 19 {
                digits = digits &* 10 &+ digit
                if digits > 0 { count += 1 }
                if place > whole { exponent -= 1 }
            } else {
                if digit > 0 { isCut = true }
                if place < whole { exponent += 1 }
            }
        }
        return (digits, exponent, isCut)
    }

    @_lifetime(self: copy self)
    private mutating func power(_ place: inout Int) throws(JSONError) -> Int {
        let end = bytes.count
        place += 1
        var isNegative = false
        if place < end, bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+") {
            isNegative = bytes[place] == UInt8(ascii: "-")
            place += 1
        }
        let first = place
        var value = 0
        while place < end, case let digit = bytes[place] &- 0x30, digit <= 9 {
            value = min(value * 10 + Int(digit), 1_000_000)
            place += 1
        }
        position = place
        guard place > first else { throw failure("a number without digits in its exponent") }
        return isNegative ? -value : value
    }

    @_lifetime(self: copy self)
    private mutating func specialNumber(_ isNegative: Bool, at place: Int) throws(JSONError) -> JSONDecimal {
        func has(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard bytes.count - place >= count else { return false }
            for index in 0..<count {
                // SAFETY: the index is below the count of the word.
                let expected = unsafe word.utf8Start[index]
                guard bytes[place + index] == expected else { return false }
            }
            return true
        }
        var result = JSONDecimal()
        result.isNegative = isNegative
        result.isInteger = false
        if has("Infinity") {
            position = place + 8
            result.special = .infinity
        } else if !isNegative, has("NaN") {
            position = place + 3
            result.special = .notANumber
        } else {
            throw failure("no number where one was expected")
        }
        return result
    }
}
