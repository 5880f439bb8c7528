// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusTensors
import Testing

@Suite struct JSONArrayTests {
    @Test("Nested arrays become tensors of the wanted type")
    func decodes() throws {
        let tensor = try JSONArray.decode(try JSONValue(parsing: "[[1, 2], [3, 4.5]]"), as: .float32)
        #expect(tensor.shape == [2, 2])
        #expect(try tensor.array(of: Float.self) == [1, 2, 3, 4.5])
        #expect(try JSONArray.decode([1, 2]).elementType == .int64)
        #expect(try JSONArray.decode(7).shape == .scalar)
        #expect(try JSONArray.decode(["a", "b"]).strings == ["a", "b"])
    }

    @Test("Elements that do not fit are refused with their value")
    func refuses() {
        #expect(throws: FormatError(.value, "300 is not a whole number of type UInt8")) {
            try JSONArray.decode([300], as: .uint8)
        }
        #expect(throws: FormatError.self) { try JSONArray.decode([[1], [1, 2]]) }
        #expect(throws: FormatError.self) { try JSONArray.decode([[1], 2]) }
        #expect(throws: FormatError.self) { try JSONArray.decode([1.5], as: .int64) }
        #expect(throws: FormatError.self) { try JSONArray.decode([16], as: .uint4) }
        #expect(throws: FormatError.self) { try JSONArray.decode([1, 2, 3], as: .complex64) }
    }

    @Test("Tensors of every type survive", arguments: ElementType.allCases)
    func roundTrip(_ elementType: ElementType) throws {
        let tensor =
            elementType == .string
            ? try Tensor(strings: ["a", "b"], shape: [2, 1])
            : try RawArray.decode((0..<2 * elementType.byteWidth).map { UInt8($0 % 2) }, elementType, shape: [2, 1])
        let text = JSONArray.encode(tensor).text()
        let read = try JSONArray.decode(try JSONValue(parsing: text), as: elementType)
        #expect(read.shape == tensor.shape)
        #expect(NumpyArray.encode(read) == NumpyArray.encode(tensor))
    }

    @Test("Raw bytes take the one open size from their number")
    func raw() throws {
        let tensor = try RawArray.decode([UInt8](repeating: 0, count: 24), .float32, shape: [nil, 3])
        #expect(tensor.shape == [2, 3])
        #expect(throws: FormatError.self) { try RawArray.decode([0, 0, 0], .float32, shape: [nil]) }
        #expect(throws: FormatError.self) { try RawArray.decode([0], .uint8, shape: [nil, nil]) }
        #expect(throws: FormatError.self) { try RawArray.decode([], .uint8, shape: [Int.max, Int.max]) }
    }
}
