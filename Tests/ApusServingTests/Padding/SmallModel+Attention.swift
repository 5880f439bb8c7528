// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension SmallModel {
    /// A layer of a transformer over token numbers, with a mask: `hidden` for each token and `pooled` for all together.
    ///
    /// `ids`, `mask`: `i64[N, S]`; `hidden`: `f32[N, S, 8]`; `pooled`: `f32[N, 8]`; `scores`: `f32[N, S, S]`.
    static var attention: SmallModel {
        var model = SmallModel()
        var state: UInt64 = 7
        func weights(_ name: String, _ sizes: [Int]) -> [UInt8] {
            let count = sizes.reduce(1, *)
            let values = (0..<count).map { _ -> Float in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int(state >> 40) % 2001 - 1000) / 1000
            }
            return constant(name, 1, sizes, values.flatMap { littleEndian($0.bitPattern) })
        }
        model.constants = [
            weights("table", [32, 8]), weights("wq", [8, 8]), weights("wk", [8, 8]), weights("wv", [8, 8]),
            weights("wo", [8, 8]), constant("one", 1, [], littleEndian(Float(1).bitPattern)),
            constant("far", 1, [], littleEndian(Float(-1e9).bitPattern)),
            constant("axis1", 7, [1], littleEndian(UInt64(1))),
            constant("axis2", 7, [1], littleEndian(UInt64(2))),
        ]
        model.nodes = [
            node("Gather", ["table", "ids"], ["x"]),
            node("MatMul", ["x", "wq"], ["q"]), node("MatMul", ["x", "wk"], ["k"]), node("MatMul", ["x", "wv"], ["v"]),
            node("Transpose", ["k"], ["kt"]) + attribute("perm", [0, 2, 1]),
            node("MatMul", ["q", "kt"], ["raw"]),
            node("Cast", ["mask"], ["m"]) + attribute("to", 1),
            node("Sub", ["one", "m"], ["absent"]), node("Mul", ["absent", "far"], ["away"]),
            node("Unsqueeze", ["away", "axis1"], ["bias"]), node("Add", ["raw", "bias"], ["biased"]),
            node("Softmax", ["biased"], ["scores"]), node("MatMul", ["scores", "v"], ["mixed"]),
            node("MatMul", ["mixed", "wo"], ["projected"]), node("Add", ["x", "projected"], ["sum"]),
            node("Tanh", ["sum"], ["hidden"]),
            node("Unsqueeze", ["m", "axis2"], ["column"]), node("Mul", ["hidden", "column"], ["kept"]),
            node("ReduceSum", ["kept", "axis1"], ["total"]) + attribute("keepdims", 0),
            node("ReduceSum", ["column", "axis1"], ["count"]) + attribute("keepdims", 0),
            node("Div", ["total", "count"], ["pooled"]),
        ]
        model.inputs = [value("ids", 7, ["N", "S"]), value("mask", 7, ["N", "S"])]
        model.outputs = [
            value("hidden", 1, ["N", "S", 8]), value("pooled", 1, ["N", 8]), value("scores", 1, ["N", "S", "S"]),
        ]
        return model
    }

    /// A tensor of elements as they lie in memory.
    static func constant(_ name: String, _ type: UInt64, _ sizes: [Int], _ elements: [UInt8]) -> [UInt8] {
        sizes.flatMap { number(1, UInt64($0)) } + number(2, type) + block(8, Array(name.utf8)) + block(9, elements)
    }

    /// An attribute of a node, a whole number.
    static func attribute(_ name: String, _ value: UInt64) -> [UInt8] {
        let type: [UInt8] = number(20, 2)
        return block(5, block(1, Array(name.utf8)) + number(3, value) + type)
    }

    /// An attribute of a node, a list of whole numbers.
    static func attribute(_ name: String, _ values: [UInt64]) -> [UInt8] {
        let type: [UInt8] = number(20, 7)
        return block(5, block(1, Array(name.utf8)) + values.flatMap { number(8, $0) } + type)
    }

    private static func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
