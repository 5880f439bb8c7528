// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import ApusTensors
import Testing

@Suite struct JSONReaderTests {
    /// The elements a text makes, as a flat tensor of as many.
    private static func elements<Element: TensorElement>(
        _ text: String, _ datatype: Datatype, _ type: Element.Type, count: Int
    ) throws -> [Element] {
        let bytes = Array(text.utf8)
        var reader = JSONReader(bytes.span)
        guard case .tensor(let tensor) = try reader.tensor(datatype, [count], count: count) else { return [] }
        try reader.end()
        return try tensor.array(of: Element.self)
    }

    private static func skip(_ bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes.span)
        try reader.skip()
        try reader.end()
    }

    @Test(
        "Random floats in every way to write them are read as the nearest number", arguments: [1, 2, 3, 4] as [UInt64])
    func floats(seed: UInt64) throws {
        var random = SeededRandom(seed)
        for _ in 0..<20_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            guard value.isFinite else { continue }
            let wide = Double(value)
            // A number beside the float, so near that rounding has to be exact.
            let beside = Double(bitPattern: wide.bitPattern &+ random.next() % 5 &- 2)
            let long = "\(wide)123456789012345678901234567890"
            for text in ["\(value)", "\(wide)", "\(beside)", long.contains("e") ? "\(wide)" : long] {
                guard let expected = Float(text), expected.isFinite else { continue }
                let found = try Self.elements("[\(text)]", .float32, Float.self, count: 1)
                #expect(found == [expected], "\(text), seed \(seed)")
            }
        }
    }

    @Test("Floats half-way between two are rounded to the even one")
    func ties() throws {
        for (text, expected) in [
            ("16777217", 16_777_216), ("16777219", 16_777_220), ("16777217.0000000000000000000001", 16_777_218),
            ("1.00000005960464477539062", 1), ("1.00000005960464477539062500001", 1.0000001),
        ] as [(String, Float)] {
            #expect(try Self.elements("[\(text)]", .float32, Float.self, count: 1) == [expected], "\(text)")
        }
    }

    @Test("Random doubles and halves are read as the nearest number")
    func widths() throws {
        var random = SeededRandom(9)
        for _ in 0..<20_000 {
            let double = Double(bitPattern: random.next())
            if double.isFinite {
                #expect(try Self.elements("[\(double)]", .float64, Double.self, count: 1) == [double], "seed 9")
            }
            let half = Float16(bitPattern: UInt16(truncatingIfNeeded: random.next()))
            if half.isFinite {
                #expect(try Self.elements("[\(half)]", .float16, Float16.self, count: 1) == [half], "seed 9")
                let wide = "\(Double(half))"
                #expect(try Self.elements("[\(wide)]", .float16, Float16.self, count: 1) == [half], "seed 9")
            }
            let brain = BFloat16(bits: UInt16(truncatingIfNeeded: random.next()))
            if brain.float.isFinite {
                let found = try Self.elements("[\(brain.float)]", .bfloat16, BFloat16.self, count: 1)
                #expect(found == [brain], "seed 9")
            }
        }
    }

    @Test("Integers are read at the ends of their range and refused past them")
    func integers() throws {
        #expect(try Self.elements("[0, 255]", .uint8, UInt8.self, count: 2) == [0, 255])
        #expect(try Self.elements("[-128,127]", .int8, Int8.self, count: 2) == [-128, 127])
        #expect(
            try Self.elements("[-9223372036854775808, 9223372036854775807]", .int64, Int64.self, count: 2)
                == [.min, .max])
        #expect(try Self.elements("[18446744073709551615]", .uint64, UInt64.self, count: 1) == [.max])
        for (text, datatype) in [
            ("300", Datatype.uint8), ("-1", .uint8), ("128", .int8), ("-129", .int8), ("65536", .uint16),
            ("18446744073709551616", .uint64), ("9223372036854775808", .int64), ("4294967296", .uint32),
            ("1.5", .int32), ("1e2", .int32), ("true", .int32), ("NaN", .int32), ("1e39", .float32),
            ("70000", .float16), ("1e400", .float64), ("1", .bool),
        ] {
            #expect(throws: JSONError.self, "\(text) as \(datatype)") {
                let bytes = Array("[\(text)]".utf8)
                var reader = JSONReader(bytes.span)
                _ = try reader.tensor(datatype, [1], count: 1)
            }
        }
    }

    @Test("A refusal names the number, the datatype and the place")
    func message() {
        let bytes = Array("[1, 300]".utf8)
        #expect(throws: JSONError("300 is not in the range of UINT8", at: 4)) {
            var reader = JSONReader(bytes.span)
            _ = try reader.tensor(.uint8, [2], count: 2)
        }
    }

    @Test("Nesting does not matter to the elements, their number does")
    func nesting() throws {
        #expect(try Self.elements("[[1,2],[3,4]]", .int32, Int32.self, count: 4) == [1, 2, 3, 4])
        #expect(try Self.elements(" [ [ [ 1 ] , 2 ] , [ ] , [3,[4]] ] ", .int32, Int32.self, count: 4) == [1, 2, 3, 4])
        #expect(try Self.elements("[]", .int32, Int32.self, count: 0) == [])
        for text in [
            "[1,2,3]", "[1,2,3,4,5]", "[1,2,3,4", "[1,2,3,4]]", "[1,,2,3]", "[1 2 3 4]", "[1,2,3,4,]", "5", "{}",
        ] {
            #expect(throws: JSONError.self, "\(text)") { _ = try Self.elements(text, .int32, Int32.self, count: 4) }
        }
    }

    @Test("NaN and infinities are numbers")
    func specials() throws {
        let found = try Self.elements("[NaN,Infinity,-Infinity,-0.0]", .float32, Float.self, count: 4)
        #expect(found[0].isNaN)
        #expect(found[1] == .infinity)
        #expect(found[2] == -.infinity)
        #expect(found[3].sign == .minus)
    }

    @Test("Escapes stand for what they stand for")
    func strings() throws {
        let bytes = Array(#""a\"\\\/\b\f\n\r\té\u00e9\ud83d\ude00""#.utf8)
        var reader = JSONReader(bytes.span)
        let text = try reader.string()
        #expect(text == "a\"\\/\u{8}\u{c}\n\r\téé😀")
    }

    @Test("Every beginning of a document is refused, whatever was cut")
    func truncation() throws {
        let text = #"{"a": [1, -2.5e+10, "b\u00e9\"", true, false, null, {"c": []}], "d": NaN}"#
        let bytes = Array(text.utf8)
        try Self.skip(bytes)
        for end in bytes.indices {
            #expect(throws: JSONError.self, "the first \(end) bytes") { try Self.skip(Array(bytes[..<end])) }
        }
    }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", " ", "01", "1.", ".5", "+1", "1e", "-", "tru", "nul", "'a'", "\"\n\"", #""\x""#, #""\u12""#,
            #""\ud800""#, #""\udc00""#, "[1,]", "{,}", "{\"a\"}", "{\"a\":}", "{a:1}", "1 2", "[", "]", "{}}",
        ])
    func malformed(text: String) {
        // Passing over a string does not look at what it says, reading it does.
        #expect(throws: JSONError.self) {
            let bytes = Array(text.utf8)
            var reader = JSONReader(bytes.span)
            if try reader.kind() == .string { _ = try reader.string() } else { try reader.skip() }
            try reader.end()
        }
    }

    @Test("A document may be 100 deep and no deeper")
    func depth() throws {
        try Self.skip(Array((String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).utf8))
        #expect(throws: JSONError.self) {
            try Self.skip(Array((String(repeating: "[", count: 101) + String(repeating: "]", count: 101)).utf8))
        }
        #expect(throws: JSONError.self) { try Self.skip(Array(String(repeating: "{\"a\":", count: 100_000).utf8)) }
    }

    @Test("Documents with any byte changed are read or refused, and never more", arguments: [5, 6] as [UInt64])
    func mutations(seed: UInt64) {
        var random = SeededRandom(seed)
        let good = Array(
            #"{"id":"x","inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[3e1,4]]}]}"#.utf8)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...Int(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            do { _ = try WireRequest(bytes.span) } catch { refused += 1 }
        }
        #expect(refused > 10_000, "seed \(seed)")
    }
}
