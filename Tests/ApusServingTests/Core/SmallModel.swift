// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A small ONNX model, written field by field.
struct SmallModel {
    var nodes: [[UInt8]] = []
    var inputs: [[UInt8]] = []
    var outputs: [[UInt8]] = []
    var constants: [[UInt8]] = []

    /// `y = x + x` over `f32[N, 2]`.
    static var doubling: SmallModel {
        var model = SmallModel()
        model.nodes = [node("Add", ["x", "x"], ["y"])]
        model.inputs = [value("x", 1, ["N", 2])]
        model.outputs = [value("y", 1, ["N", 2])]
        return model
    }

    /// `y = table[x]` over `i64[N, 1]`, with a table of three numbers; it refuses places past the table's end.
    static var table: SmallModel {
        var model = SmallModel()
        model.nodes = [node("Gather", ["table", "x"], ["y"])]
        model.inputs = [value("x", 7, ["N", 1])]
        model.outputs = [value("y", 7, ["N", 1])]
        var tensor: [UInt8] = number(1, 3) + number(2, 7)
        for element in [10, 20, 30] { tensor += number(7, UInt64(element)) }
        model.constants = [tensor + block(8, Array("table".utf8))]
        return model
    }

    /// `y = x` over `str[N, M]`.
    static var text: SmallModel {
        var model = SmallModel()
        model.nodes = [node("Identity", ["x"], ["y"])]
        model.inputs = [value("x", 8, ["N", "M"])]
        model.outputs = [value("y", 8, ["N", "M"])]
        return model
    }

    var bytes: [UInt8] {
        var graph: [UInt8] = []
        for node in nodes { graph += Self.block(1, node) }
        graph += Self.block(2, Array("g".utf8))
        for constant in constants { graph += Self.block(5, constant) }
        for input in inputs { graph += Self.block(11, input) }
        for output in outputs { graph += Self.block(12, output) }
        return Self.number(1, 10) + Self.block(7, graph) + Self.block(8, Self.number(2, 21))
    }

    static func node(_ operation: String, _ inputs: [String], _ outputs: [String]) -> [UInt8] {
        var message: [UInt8] = []
        for input in inputs { message += block(1, Array(input.utf8)) }
        for output in outputs { message += block(2, Array(output.utf8)) }
        return message + block(4, Array(operation.utf8))
    }

    /// A value; sizes are numbers or names.
    static func value(_ name: String, _ type: UInt64, _ sizes: [any CustomStringConvertible]) -> [UInt8] {
        var shape: [UInt8] = []
        for size in sizes {
            let text = size.description
            shape += block(1, UInt64(text).map { number(1, $0) } ?? block(2, Array(text.utf8)))
        }
        let tensor: [UInt8] = number(1, type) + block(2, shape)
        return block(1, Array(name.utf8)) + block(2, block(1, tensor))
    }

    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }

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
