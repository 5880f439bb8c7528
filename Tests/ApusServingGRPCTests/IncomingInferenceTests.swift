// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingGRPC
import Testing

@Suite struct IncomingInferenceTests {
    /// A sound request with every kind of field.
    private static var good: [UInt8] {
        var parameter = WireWriter()
        parameter.parameter(4, "priority", .unsigned(1))
        parameter.parameter(4, "custom", .double(0.5))
        var input = WireWriter()
        input.string(1, "x")
        input.string(2, "FP32")
        input.message(3, [1, 2])
        input.parameter(4, "note", .string(""))
        var output = WireWriter()
        output.string(1, "y")
        output.parameter(2, "classification", .integer(1))
        var request = WireWriter()
        request.string(1, "m")
        request.string(2, "1")
        request.string(3, "id")
        var bytes = request.bytes + parameter.bytes
        var rest = WireWriter()
        rest.message(5, input)
        rest.message(6, output)
        rest.message(7, [UInt8](repeating: 0, count: 8))
        bytes += rest.bytes
        return bytes
    }

    private static func read(_ bytes: [UInt8]) -> IncomingInference {
        IncomingInference(bytes.span, SharedMemoryRegions(isAllowed: false))
    }

    @Test("A request is read field by field")
    func reads() throws {
        let incoming = Self.read(Self.good)
        let (request, _) = try incoming.result.get()
        #expect(incoming.id == "id" && request.model == "m" && request.version == "1")
        #expect(request.priority == 1 && request.parameters == ["custom": .double(0.5)])
        #expect(request.inputs.map(\.name) == ["x"] && request.outputs.map(\.classificationCount) == [1])
    }

    @Test("Every beginning of a request is read or refused")
    func truncation() {
        let good = Self.good
        for end in good.indices {
            let incoming = Self.read(Array(good[..<end]))
            if case .failure(let error) = incoming.result { #expect(error.code == .invalidArgument) }
        }
    }

    @Test("Requests with any byte changed are read or refused", arguments: [21, 22] as [UInt64])
    func mutations(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let good = Self.good
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...next() % 3 { bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next()) }
            if case .failure = Self.read(bytes).result { refused += 1 }
        }
        #expect(refused > 1000, "seed \(seed)")
    }

    @Test("Numbers are written and read alike", arguments: [0, 1, 127, 128, 300, 1 << 32, UInt64.max])
    func numbers(value: UInt64) throws {
        var writer = WireWriter()
        writer.number(1, value)
        #expect(writer.bytes.count == 1 + WireWriter.byteCount(value))
        var reader = WireReader(writer.bytes.span)
        _ = try reader.field()
        let found = try reader.varint()
        let isAtEnd = reader.isAtEnd
        #expect(found == value && isAtEnd)
    }
}
