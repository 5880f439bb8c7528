// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusONNX
import ApusTensors
import Glibc
import Testing

@Suite struct AllocationTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// The library that counts, which lies beside the tool.
    private static let counter = Tool.path.dropLast("apus".count) + "libApusAllocations.so"

    /// Whether allocations can be counted here, and those of optimised code.
    private static let canCount: Bool = {
        #if DEBUG
            return false
        #else
            // SAFETY: the path is a C string for the call.
            return unsafe access(String(counter), R_OK) == 0
        #endif
    }()

    private static func node(
        _ name: String, _ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]
    ) -> Node {
        Node(name, opset: 17, name: output, inputs: inputs, outputs: [output], attributes: attributes)
    }

    private static func floats(_ shape: Shape) throws -> Tensor {
        try Tensor((0..<shape.elementCount).map { Float($0 % 7) / 8 - 0.25 }, shape: shape)
    }

    private static func integers(_ values: [Int64]) throws -> Tensor { try Tensor(values, shape: [values.count]) }

    /// A chain of tiny nodes.
    private static func chain(_ count: Int) throws -> Graph {
        let type = ValueType.tensor(.float32, [Dimension(symbol: "N"), 4])
        let kinds = ["Add", "Sigmoid", "Mul", "Tanh"]
        let nodes = (0..<count).map { index in
            let kind = kinds[index % 4]
            let source = index == 0 ? "x" : "v\(index)"
            return node(kind, index % 2 == 0 ? [source, "w"] : [source], index == count - 1 ? "y" : "v\(index + 1)")
        }
        return Graph(
            name: "chain", inputs: [Value("x", type)], outputs: [Value("y", type)], nodes: nodes,
            constants: ["w": try floats([4])], opsets: ["": 17])
    }

    /// Convolutions, a pool and a product.
    private static func images() throws -> Graph {
        let pads = ["pads": Attribute.integers([1, 1, 1, 1])]
        return Graph(
            name: "images", inputs: [Value("x", .tensor(.float32, [1, 3, 16, 16]))],
            outputs: [Value("y", .tensor(.float32, [1, 5]))],
            nodes: [
                node("Conv", ["x", "first", "bias"], "a", pads), node("Relu", ["a"], "b"),
                node("Conv", ["b", "second"], "c", ["group": .integer(8)].merging(pads) { $1 }),
                node("Add", ["b", "c"], "d"), node("GlobalAveragePool", ["d"], "e"), node("Flatten", ["e"], "f"),
                node("Gemm", ["f", "third"], "y"),
            ],
            constants: [
                "first": try floats([8, 3, 3, 3]), "bias": try floats([8]), "second": try floats([8, 1, 3, 3]),
                "third": try floats([8, 5]),
            ], opsets: ["": 17])
    }

    /// What the shapes of text go through.
    private static func shapes() throws -> Graph {
        Graph(
            name: "shapes",
            inputs: [Value("ids", .tensor(.int64, [Dimension(symbol: "B"), Dimension(symbol: "S")]))],
            outputs: [Value("y", .tensor(.float32, nil))],
            nodes: [
                node("Gather", ["table", "ids"], "a"), node("LayerNormalization", ["a", "scale", "shift"], "b"),
                node("Shape", ["b"], "sizes"), node("Slice", ["sizes", "zero", "two"], "front"),
                node("Concat", ["front", "heads"], "target", ["axis": .integer(0)]),
                node("Reshape", ["b", "target"], "c"),
                node("Transpose", ["c"], "d", ["perm": .integers([0, 2, 1, 3])]), node("Exp", ["d"], "e"),
                node("Slice", ["e", "zero", "two", "three"], "f"), node("Softmax", ["f"], "g"),
                node("Concat", ["g", "f"], "h", ["axis": .integer(1)]), node("Unsqueeze", ["h", "zero"], "i"),
                node("Squeeze", ["i", "zero"], "y"),
            ],
            constants: [
                "table": try floats([11, 8]), "scale": try floats([8]), "shift": try floats([8]),
                "zero": try integers([0]), "two": try integers([2]), "three": try integers([3]),
                "heads": try integers([2, 4]),
            ], opsets: ["": 17])
    }

    @Test(
        "A run that follows others on the same sizes allocates nothing",
        .enabled(if: canCount, "allocations are counted in release builds that built ApusAllocations"),
        arguments: ["layer", "chain", "images", "shapes"], ["1", "2"])
    func steadyState(name: String, threads: String) throws {
        let graph =
            switch name {
            case "layer": try Models.layer()
            case "chain": try Self.chain(200)
            case "images": try Self.images()
            default: try Self.shapes()
            }
        let model = try Models.save(graph, folder)
        let result = try Tool.run(
            "bench", model, "--seconds", "0", "--least", "20", "--threads", threads, "--json",
            environment: ["LD_PRELOAD": String(Self.counter)])
        #expect(result.code == 0, "\(result.errors)")
        let count = try #require(try result.json["allocations_per_run"]?.double)
        #expect(count == 0)
    }

    @Test("Without the counter nothing is said of allocations")
    func withoutCounter() throws {
        let model = try Models.save(try Models.layer(), folder)
        let result = try Tool.run("bench", model, "--seconds", "0", "--least", "1")
        #expect(!result.output.contains("allocations"))
    }
}
