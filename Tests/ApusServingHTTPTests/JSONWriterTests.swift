// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingHTTP
import ApusTensors
import NIOCore
import Testing

@Suite struct JSONWriterTests {
    private static func text(_ write: (inout JSONWriter) throws -> Void) rethrows -> String {
        var writer = JSONWriter(ByteBuffer())
        try write(&writer)
        return String(buffer: writer.buffer)
    }

    @Test("Strings are escaped where they must be")
    func strings() {
        let text = Self.text { writer in writer.string("a\"\\\n\u{1}é") }
        #expect(text == #""a\"\\\n\u0001é""#)
    }

    @Test("Elements of every type are a flat array")
    func elements() throws {
        func text<Element: TensorElement>(_ elements: [Element]) throws -> String {
            let tensor = try Tensor(elements, shape: [elements.count, 1])
            return try Self.text { writer in try writer.elements(tensor) }
        }
        #expect(try text([0.1, -2, .nan, .infinity, -.infinity] as [Float]) == "[0.1,-2.0,NaN,Infinity,-Infinity]")
        #expect(try text([.leastNonzeroMagnitude, 1e300] as [Double]) == "[5e-324,1e+300]")
        #expect(try text([0.1] as [Float16]) == "[0.1]")
        #expect(try text([BFloat16(1.5)]) == "[1.5]")
        #expect(try text([true, false]) == "[true,false]")
        #expect(try text([.min, .max] as [Int64]) == "[-9223372036854775808,9223372036854775807]")
        #expect(try text([UInt64.max]) == "[18446744073709551615]")
        #expect(try text([] as [Int8]) == "[]")
        let strings = try Tensor(strings: ["a", "\""], shape: [2])
        let found = try Self.text { writer in try writer.elements(strings) }
        #expect(found == #"["a","\""]"#)
    }

    @Test("What is written is read back bit by bit", arguments: [11, 12] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let values = (0..<5000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
            .filter(\.isFinite)
        let tensor = try Tensor(values, shape: [values.count])
        let bytes = Array(try Self.text { writer in try writer.elements(tensor) }.utf8)
        var reader = JSONReader(bytes.span)
        let read = try reader.tensor(.float32, [values.count], count: values.count)
        guard case .tensor(let found) = read else { return }
        let patterns = try found.array(of: Float.self).map { $0.bitPattern }
        #expect(patterns == values.map { $0.bitPattern }, "seed \(seed)")
    }
}
