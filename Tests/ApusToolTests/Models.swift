// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors

/// Small models as files.
enum Models {
    /// `y = relu(x w + b)` for `x: f32[N, 3]` and `y: f32[N, 2]`.
    static func layer(bias: Float = 1) throws -> Graph {
        Graph(
            name: "layer", inputs: [Value("x", .tensor(.float32, [Dimension(symbol: "N"), 3]))],
            outputs: [Value("y", .tensor(.float32, [Dimension(symbol: "N"), 2]))],
            nodes: [
                Node("MatMul", opset: 17, name: "product", inputs: ["x", "w"], outputs: ["p"]),
                Node("Add", opset: 17, name: "sum", inputs: ["p", "b"], outputs: ["s"]),
                Node("Relu", opset: 17, name: "bend", inputs: ["s"], outputs: ["y"]),
            ],
            constants: [
                "w": try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]),
                "b": try Tensor([bias, -1] as [Float], shape: [2]),
            ], opsets: ["": 17])
    }

    /// `y = x` for a picture of 2 by 2.
    static func picture() -> Graph {
        let type = ValueType.tensor(.float32, [1, 3, 2, 2])
        return Graph(
            inputs: [Value("x", type)], outputs: [Value("y", type)],
            nodes: [Node("Identity", opset: 17, inputs: ["x"], outputs: ["y"])], opsets: ["": 17])
    }

    /// Saves a model and returns its path.
    static func save(_ graph: Graph, _ folder: Folder, _ name: String = "model.onnx") throws -> String {
        try ONNXExporter().export(graph, to: folder / name)
        return folder / name
    }

    /// A PNG of 2 by 2 pixels: red 0, 30, 60, 90; green 100; blue 200.
    static let png: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
        0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0xFD, 0xD4, 0x9A, 0x73, 0x00, 0x00, 0x00,
        0x16, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x60, 0x48, 0x39, 0x21, 0x97, 0x72, 0x82, 0xC1, 0x26, 0xE5,
        0x44, 0x54, 0xCA, 0x09, 0x00, 0x21, 0x60, 0x05, 0x65, 0xA2, 0xEE, 0x8D, 0xE4, 0x00, 0x00, 0x00, 0x00, 0x49,
        0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
    ]
}
