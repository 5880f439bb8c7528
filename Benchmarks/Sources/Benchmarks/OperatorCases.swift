// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Single operators that move numbers more than they multiply them.
enum OperatorCases {
    /// Every case at a scale.
    static func all(_ scale: Scale) throws -> [Case] {
        let wide = [scale(128, 8), scale(768, 64)]
        let image = [1, scale(64, 8), scale(56, 8), scale(56, 8)]
        return [
            try unary("Relu", image), try unary("Sigmoid", image), try unary("Erf", wide), try unary("Gelu", wide),
            try unary("Softmax", [scale(1536, 16), scale(128, 32)], ["axis": .integer(-1)]),
            try normalization(wide), try sum(wide),
            try unary(
                "Transpose", [1, scale(128, 8), scale(12, 2), scale(64, 16)], ["perm": .integers([0, 2, 1, 3])]),
            try mean(wide),
            try unary("GlobalAveragePool", image),
            try unary(
                "MaxPool", image,
                ["kernel_shape": .integers([3, 3]), "strides": .integers([2, 2]), "pads": .integers([1, 1, 1, 1])]),
            try join(image), try quantization(wide), try recurrence(scale(50, 3), scale(128, 16), scale(256, 16)),
        ]
    }

    /// One operator of one input; the output is taken to be as large, which is what most of them write.
    private static func unary(
        _ operation: String, _ shape: [Int], _ attributes: [String: Drawing.Attribute] = [:]
    ) throws -> Case {
        var drawing = Drawing()
        let y = drawing.node(operation, [try drawing.input(shape)], attributes)
        return .traffic(operation, drawing, y, floats: 2 * shape.reduce(1, *))
    }

    private static func mean(_ shape: [Int]) throws -> Case {
        var drawing = Drawing()
        let y = drawing.node("ReduceMean", [try drawing.input(shape), drawing.integers([-1])])
        return .traffic("ReduceMean", drawing, y, floats: shape.reduce(1, *))
    }

    private static func normalization(_ shape: [Int]) throws -> Case {
        var drawing = Drawing()
        let inputs = [try drawing.input(shape), drawing.weight([shape[1]]), drawing.weight([shape[1]])]
        let y = drawing.node("LayerNormalization", inputs)
        return .traffic("LayerNormalization", drawing, y, floats: 2 * shape.reduce(1, *))
    }

    private static func sum(_ shape: [Int]) throws -> Case {
        var drawing = Drawing()
        let y = drawing.node("Add", [try drawing.input(shape), try drawing.input(shape)])
        return .traffic("Add", drawing, y, floats: 3 * shape.reduce(1, *))
    }

    private static func join(_ shape: [Int]) throws -> Case {
        var drawing = Drawing()
        let y = drawing.node("Concat", [try drawing.input(shape), try drawing.input(shape)], ["axis": .integer(1)])
        return .traffic("Concat", drawing, y, floats: 4 * shape.reduce(1, *))
    }

    private static func quantization(_ shape: [Int]) throws -> Case {
        var drawing = Drawing()
        let x = try drawing.input(shape)
        let y = drawing.node("QuantizeLinear", [x, drawing.scalar(0.01), drawing.zero(signed: false)])
        return Case(
            name: "QuantizeLinear", model: drawing.finished(y, isBytes: true), inputs: drawing.inputs,
            resource: .memory, amount: 5 * Double(shape.reduce(1, *)))
    }

    private static func recurrence(_ steps: Int, _ width: Int, _ cells: Int) throws -> Case {
        var drawing = Drawing()
        let x = try drawing.input([steps, 1, width])
        let inputs = [x, drawing.weight([1, 4 * cells, width]), drawing.weight([1, 4 * cells, cells])]
        let y = drawing.node("LSTM", inputs, ["hidden_size": .integer(cells)])
        return .products("LSTM", drawing, y, multiplications: steps * 4 * cells * (width + cells))
    }
}
