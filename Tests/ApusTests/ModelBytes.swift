// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// ONNX models written field by field, so that they can be wrong in any way.
struct ModelBytes {
    var nodes: [[UInt8]] = []
    var inputs: [[UInt8]] = [Self.value("x", [1, 2])]
    var outputs: [[UInt8]] = [Self.value("y", nil)]
    var initializers: [[UInt8]] = []
    var opset: Int64 = 21
    var domains: [String: Int64] = [:]

    init(_ nodes: [UInt8]...) { self.nodes = nodes }

    /// The whole model.
    var bytes: [UInt8] {
        var graph: [UInt8] = []
        for node in nodes { graph += Self.block(1, node) }
        graph += Self.block(2, "g")
        for initializer in initializers { graph += Self.block(5, initializer) }
        for input in inputs { graph += Self.block(11, input) }
        for output in outputs { graph += Self.block(12, output) }
        var model: [UInt8] = Self.number(1, 10)
        model += Self.block(7, graph)
        model += Self.block(8, Self.number(2, opset))
        for (domain, version) in domains.sorted(by: { $0.key < $1.key }) {
            let pair: [UInt8] = Self.block(1, domain) + Self.number(2, version)
            model += Self.block(8, pair)
        }
        return model
    }

    func with(_ change: (inout ModelBytes) -> Void) -> ModelBytes {
        var copy = self
        change(&copy)
        return copy
    }

    static func node(
        _ operation: String, _ inputs: [String], _ outputs: [String], name: String = "n", domain: String = "",
        _ attributes: [UInt8]...
    ) -> [UInt8] {
        var message: [UInt8] = []
        for input in inputs { message += block(1, input) }
        for output in outputs { message += block(2, output) }
        message += block(3, name)
        message += block(4, operation)
        for attribute in attributes { message += block(5, attribute) }
        if !domain.isEmpty { message += block(7, domain) }
        return message
    }

    static func integer(_ name: String, _ value: Int64) -> [UInt8] {
        block(1, name) + number(3, value) + number(20, 2)
    }

    static func integers(_ name: String, _ values: [Int64]) -> [UInt8] {
        block(1, name) + values.flatMap { number(8, $0) } + number(20, 7)
    }

    static func graph(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        block(1, name) + block(6, contents) + number(20, 5)
    }

    /// A tensor of 64-bit integers, or of four bytes an element where another type is given.
    static func tensor(_ name: String, _ dims: [Int64], _ values: [Int64] = [], type: Int64 = 7) -> [UInt8] {
        var message: [UInt8] = []
        for size in dims { message += number(1, size) }
        message += number(2, type)
        message += block(8, name)
        if type == 7 {
            for value in values { message += number(7, value) }
        } else {
            var data: [UInt8] = []
            for value in values {
                for shift in stride(from: Int64(0), to: 32, by: 8) {
                    data.append(UInt8(truncatingIfNeeded: value >> shift))
                }
            }
            message += block(9, data)
        }
        return message
    }

    static func external(_ name: String, _ dims: [Int64], _ settings: [(String, String)]) -> [UInt8] {
        var message: [UInt8] = []
        for size in dims { message += number(1, size) }
        message += number(2, 1)
        message += block(8, name)
        for (key, value) in settings {
            let pair: [UInt8] = block(1, key) + block(2, value)
            message += block(13, pair)
        }
        return message + number(14, 1)
    }

    static func value(_ name: String, _ dims: [Int64]?, type: Int64 = 1) -> [UInt8] {
        var tensor: [UInt8] = number(1, type)
        if let dims {
            var shape: [UInt8] = []
            for size in dims { shape += block(1, number(1, size)) }
            tensor += block(2, shape)
        }
        let holder: [UInt8] = block(1, tensor)
        return block(1, name) + block(2, holder)
    }

    static func number(_ field: UInt64, _ value: Int64) -> [UInt8] {
        varint(field << 3) + varint(UInt64(bitPattern: value))
    }

    static func block(_ field: UInt64, _ text: String) -> [UInt8] { block(field, Array(text.utf8)) }

    static func block(_ field: UInt64, _ contents: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(UInt64(contents.count)) + contents
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: rest)]
    }
}
