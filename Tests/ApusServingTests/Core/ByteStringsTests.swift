// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors
import Testing

@Suite struct ByteStringsTests {
    @Test("The wire form is read, with elements that are no text")
    func readsWire() throws {
        let wire: [UInt8] = [2, 0, 0, 0, 0xff, 0x00, 0, 0, 0, 0, 1, 0, 0, 0, 0x41]
        let bytes = try ByteStrings(wire: wire.span, shape: [3])
        #expect(Array(bytes[0]) == [0xff, 0x00])
        #expect(bytes[1].isEmpty)
        #expect(Array(bytes[2]) == [0x41])
        let error = #expect(throws: ServingError.self) { try bytes.text() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("element 0 ") == true)
    }

    @Test(
        "Bytes that end early, go on or do not fill the shape are refused",
        arguments: [
            [1, 0, 0], [2, 0, 0, 0, 65], [255, 255, 255, 255, 65], [], [0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func refusesWire(wire: [UInt8]) {
        let error = #expect(throws: ServingError.self) { try ByteStrings(wire: wire.span, shape: [1]) }
        #expect(error?.code == .invalidArgument)
    }

    @Test("Text goes to the wire and back")
    func writesWire() throws {
        let strings = ["", "héllo", "x"]
        var wire: [UInt8] = []
        try ByteStrings.appendWire(strings, to: &wire)
        #expect(wire.count == ByteStrings.wireByteCount(of: strings))
        #expect(try ByteStrings(wire: wire.span, shape: [3]).text().strings == strings)
    }
}
