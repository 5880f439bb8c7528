// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Small ONNX models, written by hand as protocol buffers.
enum SampleModels {
    /// `y = Add(x, x)` over `f32[N, 2]`, then `z = Identity(x)`.
    static var doubling: [UInt8] {
        let x = value("x")
        let nodes = block(1, block(1, text("x")) + block(1, text("x")) + block(2, text("y")) + block(4, text("Add")))
        let echo = block(1, block(1, text("x")) + block(2, text("z")) + block(4, text("Identity")))
        let graph =
            nodes + echo + block(2, text("doubling")) + block(11, x) + block(12, value("y")) + block(12, value("z"))
        return [0x08, 8] + block(7, graph) + block(8, block(1, []) + [0x10, 17])
    }

    /// A model with an operator nobody knows.
    static var unknown: [UInt8] {
        let node = block(1, block(1, text("x")) + block(2, text("y")) + block(4, text("Adds")))
        let graph = node + block(2, text("unknown")) + block(11, value("x")) + block(12, value("y"))
        return [0x08, 8] + block(7, graph) + block(8, block(1, []) + [0x10, 17])
    }

    private static func value(_ name: String) -> [UInt8] {
        let shape = block(1, block(2, text("N"))) + block(1, [0x08, 2])
        return block(1, text(name)) + block(2, block(1, [0x08, 1] + block(2, shape)))
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func block(_ field: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let count =
            contents.count < 128
            ? [UInt8(contents.count)] : [UInt8(contents.count & 127 | 128), UInt8(contents.count >> 7)]
        return [field << 3 | 2] + count + contents
    }
}
