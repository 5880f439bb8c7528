// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// An element of a tensor as JSON writes it.
protocol JSONElement: TensorElement {
    /// Reads one element; the reader stands at its first byte.
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Self
}

/// A refusal of a number that a datatype cannot hold.
private func outOfRange(_ reader: borrowing JSONReader, from start: Int, _ name: String) -> JSONError {
    JSONError("\(reader.text(from: start)) is not in the range of \(name)", at: start)
}

private func notAnInteger(_ reader: borrowing JSONReader, from start: Int, _ name: String) -> JSONError {
    JSONError("\(reader.text(from: start)) is no integer, as \(name) needs", at: start)
}

extension JSONReader {
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func fixedWidth<Value: FixedWidthInteger>(
        _ type: Value.Type, _ name: StaticString
    ) throws(JSONError) -> Value {
        let start = position
        let number = try decimal()
        if let value = number.integer(Value.self) { return value }
        guard number.isInteger else { throw notAnInteger(self, from: start, name.description) }
        guard let value = Value(text(from: start)) else { throw outOfRange(self, from: start, name.description) }
        return value
    }
}

extension Float: JSONElement {
    @inline(__always)
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Float {
        let start = reader.position
        let number = try reader.decimal()
        if let nearby = number.nearbyMagnitude(), JSONDecimal.rounds(nearby, dropping: 29),
            nearby >= 0x1p-126, nearby < 0x1p127
        {
            return Float(number.isNegative ? -nearby : nearby)
        }
        return try slow(number, &reader, from: start)
    }

    @inline(never)
    @_lifetime(reader: copy reader)
    private static func slow(
        _ number: JSONDecimal, _ reader: inout JSONReader, from start: Int
    ) throws(JSONError) -> Float {
        // An exact double is rounded once more, correctly, because nothing was lost before.
        if let exact = number.exactDouble {
            let value = Float(exact)
            guard value.isInfinite == exact.isInfinite else { throw outOfRange(reader, from: start, "FP32") }
            return value
        }
        guard let value = Float(reader.text(from: start)), value.isFinite else {
            throw outOfRange(reader, from: start, "FP32")
        }
        return value
    }
}

extension Double: JSONElement {
    @inline(__always)
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Double {
        let start = reader.position
        let number = try reader.decimal()
        if let value = number.exactDouble { return value }
        let value = reader.slowDouble(from: start)
        guard value.isFinite else { throw outOfRange(reader, from: start, "FP64") }
        return value
    }
}

extension Float16: JSONElement {
    @inline(__always)
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Float16 {
        let start = reader.position
        let value = try reader.nearest(dropping: 42, from: start)
        let bits = HalfConversion.narrow(HalfConversion.roundedToOdd(value))
        guard bits & 0x7FFF != 0x7C00 || value.isInfinite else { throw outOfRange(reader, from: start, "FP16") }
        return Float16(bitPattern: bits)
    }
}

extension BFloat16: JSONElement {
    @inline(__always)
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> BFloat16 {
        let start = reader.position
        let value = try reader.nearest(dropping: 45, from: start)
        let result = BFloat16(HalfConversion.roundedToOdd(value))
        guard result.bits & 0x7FFF != 0x7F80 || value.isInfinite else { throw outOfRange(reader, from: start, "BF16") }
        return result
    }
}

extension JSONReader {
    /// A double that rounds to the same narrower number as what is written.
    @_lifetime(self: copy self)
    fileprivate mutating func nearest(dropping dropped: UInt64, from start: Int) throws(JSONError) -> Double {
        let number = try decimal()
        if let exact = number.exactDouble { return exact }
        if let nearby = number.nearbyMagnitude(), JSONDecimal.rounds(nearby, dropping: dropped), nearby > 0x1p-14 {
            return number.isNegative ? -nearby : nearby
        }
        return slowDouble(from: start)
    }
}

extension Bool: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Bool { try reader.bool() }
}

extension UInt8: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> UInt8 {
        try reader.fixedWidth(UInt8.self, "UINT8")
    }
}

extension UInt16: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> UInt16 {
        try reader.fixedWidth(UInt16.self, "UINT16")
    }
}

extension UInt32: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> UInt32 {
        try reader.fixedWidth(UInt32.self, "UINT32")
    }
}

extension UInt64: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> UInt64 {
        try reader.fixedWidth(UInt64.self, "UINT64")
    }
}

extension Int8: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Int8 { try reader.fixedWidth(Int8.self, "INT8") }
}

extension Int16: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Int16 {
        try reader.fixedWidth(Int16.self, "INT16")
    }
}

extension Int32: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Int32 {
        try reader.fixedWidth(Int32.self, "INT32")
    }
}

extension Int64: JSONElement {
    @_lifetime(reader: copy reader)
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Int64 {
        try reader.fixedWidth(Int64.self, "INT64")
    }
}
