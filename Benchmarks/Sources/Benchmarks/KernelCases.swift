// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Products: one kernel each, as the lowered graph calls it.
enum KernelCases {
    /// Every case at a scale.
    static func all(_ scale: Scale) throws -> [Case] {
        [
            try dense("gemm square", scale(512, 32), scale(512, 32), scale(512, 32)),
            try dense("gemm transformer", scale(128, 16), scale(768, 48), scale(3072, 64)),
            try dense("gemm one row", 1, scale(1024, 128), scale(1024, 128)),
            try convolution("convolution 3x3", scale(64, 16), scale(56, 8), scale(64, 16), 3),
            try convolution("convolution 3x3 stride 2", scale(128, 16), scale(56, 8), scale(128, 16), 3, stride: 2),
            try convolution("convolution 1x1", scale(256, 32), scale(28, 7), scale(256, 32), 1),
            try convolution("convolution 7x7 of 3 channels", 3, scale(224, 16), scale(64, 16), 7, stride: 2),
            try depthwise("depthwise 3x3", scale(144, 16), scale(56, 14), 3),
            try depthwise("depthwise 5x5", scale(240, 16), scale(28, 14), 5),
            try attention("attention", heads: scale(12, 2), steps: scale(128, 16), width: scale(64, 16)),
            try byteConvolution("int8 convolution 3x3", scale(64, 16), scale(56, 8), 3, groups: 1),
            try byteConvolution("int8 convolution 1x1", scale(256, 32), scale(28, 7), 1, groups: 1),
            try byteConvolution("int8 depthwise 3x3", scale(144, 16), scale(56, 14), 3, groups: scale(144, 16)),
            try byteDense("int8 gemm", scale(128, 16), scale(768, 48), scale(768, 48)),
        ]
    }

    private static func dense(_ name: String, _ m: Int, _ k: Int, _ n: Int) throws -> Case {
        var drawing = Drawing()
        let y = drawing.node("MatMul", [try drawing.input([m, k]), drawing.weight([k, n])])
        return .products(name, drawing, y, multiplications: m * k * n)
    }

    private static func convolution(
        _ name: String, _ channels: Int, _ side: Int, _ filters: Int, _ size: Int, stride: Int = 1
    ) throws -> Case {
        var drawing = Drawing()
        let x = try drawing.input([1, channels, side, side])
        let inputs = [x, drawing.weight([filters, channels, size, size]), drawing.weight([filters])]
        let y = drawing.node("Relu", [drawing.node("Conv", inputs, window(size, stride))])
        let result = (side - 1) / stride + 1
        return .products(
            name, drawing, y, multiplications: result * result * filters * channels * size * size)
    }

    private static func depthwise(_ name: String, _ channels: Int, _ side: Int, _ size: Int) throws -> Case {
        var drawing = Drawing()
        let x = try drawing.input([1, channels, side, side])
        let inputs = [x, drawing.weight([channels, 1, size, size]), drawing.weight([channels])]
        let y = drawing.node("Conv", inputs, window(size, 1, groups: channels))
        return .products(name, drawing, y, multiplications: side * side * channels * size * size)
    }

    private static func attention(_ name: String, heads: Int, steps: Int, width: Int) throws -> Case {
        var drawing = Drawing()
        let (query, value) = (
            try drawing.input([1, heads, steps, width]), try drawing.input([1, heads, steps, width])
        )
        let key = try drawing.input([1, heads, width, steps])
        var scores = drawing.node("MatMul", [query, key])
        scores = drawing.node("Mul", [scores, drawing.scalar(0.125)])
        scores = drawing.node("Softmax", [scores], ["axis": .integer(-1)])
        let y = drawing.node("MatMul", [scores, value])
        return .products(name, drawing, y, multiplications: 2 * heads * steps * steps * width)
    }

    private static func byteConvolution(
        _ name: String, _ channels: Int, _ side: Int, _ size: Int, groups: Int
    ) throws -> Case {
        var drawing = Drawing()
        let x = try drawing.byteInput([1, channels, side, side])
        let (scale, zero) = (drawing.scalar(0.02), drawing.zero(signed: false))
        let filter = drawing.bytes([channels, channels / groups, size, size])
        let inputs = [
            x, scale, zero, filter, drawing.scalar(0.01), drawing.zero(signed: true), drawing.scalar(0.5), zero,
        ]
        let y = drawing.node("QLinearConv", inputs, window(size, 1, groups: groups))
        return Case(
            name: name, model: drawing.finished(y, isBytes: true), inputs: drawing.inputs, resource: .bytes,
            amount: 2 * Double(side * side * channels * channels / groups * size * size))
    }

    private static func byteDense(_ name: String, _ m: Int, _ k: Int, _ n: Int) throws -> Case {
        var drawing = Drawing()
        let y = drawing.node("MatMulInteger", [try drawing.byteInput([m, k]), drawing.bytes([k, n])])
        return Case(
            name: name, model: drawing.finished(y, isInteger: true), inputs: drawing.inputs, resource: .bytes,
            amount: 2 * Double(m * k * n))
    }

    private static func window(_ size: Int, _ stride: Int, groups: Int = 1) -> [String: Drawing.Attribute] {
        [
            "kernel_shape": .integers([size, size]), "strides": .integers([stride, stride]),
            "pads": .integers([Int](repeating: size / 2, count: 4)), "group": .integer(groups),
        ]
    }
}
