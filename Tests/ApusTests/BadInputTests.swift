// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

/// What is wrong with a model, and the words its refusal must hold: what, where, expected, actual.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var code: EngineError.Code
        var words: [String]

        init(_ name: String, _ model: ModelBytes, _ code: EngineError.Code, _ words: String...) {
            (testDescription, bytes, self.code, self.words) = (name, model.bytes, code, words)
        }

        init(_ name: String, bytes: [UInt8], _ code: EngineError.Code, _ words: String...) {
            (testDescription, self.bytes, self.code, self.words) = (name, bytes, code, words)
        }
    }

    private static let relu = ModelBytes(ModelBytes.node("Relu", ["x"], ["y"]))

    private static func adding(_ weight: [UInt8]) -> ModelBytes {
        ModelBytes(ModelBytes.node("Add", ["x", "w"], ["y"])).with { $0.initializers = [weight] }
    }

    private static let files: [Case] = [
        Case("no bytes", bytes: [], .malformedModel, "no ONNX model"),
        Case("text", bytes: Array("a page of text, and no model\n".utf8), .malformedModel, "no ONNX model", "byte"),
        Case("a zip archive", bytes: Array("PK\u{3}\u{4} and more".utf8), .malformedModel, "a zip archive"),
        Case("HTML", bytes: Array("<html>not found</html>".utf8), .malformedModel, "HTML"),
        Case("truncated", bytes: Array(relu.bytes.dropLast(9)), .malformedModel, "takes", "are left", "byte"),
        Case("bytes in reverse", bytes: relu.bytes.reversed(), .malformedModel, "no ONNX model"),
        Case("words in the other order", bytes: swapped(relu.bytes), .malformedModel, "no ONNX model"),
        Case("only a version", bytes: ModelBytes.number(1, 8), .malformedModel, "no graph"),
        Case(
            "an unknown format version", bytes: ModelBytes.number(1, 99) + relu.bytes.dropFirst(2), .unsupported, "99",
            "3 to"),
    ]

    private static func swapped(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: 4).flatMap { bytes[$0..<min($0 + 4, bytes.count)].reversed() }
    }

    private static let names: [Case] = [
        Case(
            "a cycle",
            ModelBytes(
                ModelBytes.node("Add", ["x", "b"], ["a"], name: "first"),
                ModelBytes.node("Neg", ["a"], ["b"], name: "second"),
                ModelBytes.node("Relu", ["b"], ["y"])), .malformedModel, "'first'", "'second'", "cycle"),
        Case(
            "a dangling input", ModelBytes(ModelBytes.node("Relu", ["ghost"], ["y"])), .malformedModel, "'n'",
            "'ghost'", "nothing makes"),
        Case(
            "a dangling output", ModelBytes(ModelBytes.node("Relu", ["x"], ["z"])), .malformedModel, "output 'y'",
            "nothing makes"),
        Case(
            "a value made twice",
            ModelBytes(ModelBytes.node("Relu", ["x"], ["y"]), ModelBytes.node("Neg", ["x"], ["y"], name: "m")),
            .malformedModel, "'y'", "twice", "'m'"),
        Case("an input named twice", relu.with { $0.inputs.append($0.inputs[0]) }, .malformedModel, "'x'", "twice"),
        Case(
            "an attribute named twice",
            ModelBytes(
                ModelBytes.node("Softmax", ["x"], ["y"], ModelBytes.integer("axis", 0), ModelBytes.integer("axis", 1))),
            .malformedModel, "'n'", "'axis'", "twice"),
        Case(
            "an unknown operator", ModelBytes(ModelBytes.node("Rellu", ["x"], ["y"])), .unsupported, "'Rellu'",
            "'ai.onnx'", "opset 21", "Relu", "'n'"),
        Case(
            "an unknown operator of a known domain",
            ModelBytes(ModelBytes.node("QGem", ["x"], ["y"], domain: "com.microsoft")).with {
                $0.domains["com.microsoft"] = 1
            },
            .unsupported, "'QGem'", "'com.microsoft'", "opset 1", "QGemm"),
        Case(
            "an unknown domain",
            ModelBytes(ModelBytes.node("Foo", ["x"], ["y"], domain: "my.own")).with { $0.domains["my.own"] = 7 },
            .unsupported, "'Foo'", "'my.own'", "opset 7"),
        Case("an opset of the future", relu.with { $0.opset = 99 }, .unsupported, "opset 99", "'ai.onnx'", "6 to"),
        Case("an opset of the past", relu.with { $0.opset = 1 }, .unsupported, "opset 1 ", "6 to"),
    ]

    private static let numbers: [Case] = [
        Case(
            "dimensions whose product overflows", adding(ModelBytes.tensor("w", [1 << 62, 1 << 62], type: 1)),
            .malformedModel, "'w'", "4611686018427387904", "overflows"),
        Case(
            "a negative dimension", adding(ModelBytes.tensor("w", [-5], type: 1)), .malformedModel, "'w'", "[-5]",
            "negative"),
        Case(
            "fewer bytes than the shape takes", adding(ModelBytes.tensor("w", [3], [1, 2], type: 1)), .malformedModel,
            "'w'", "f32[3] takes 12 bytes", "8 are there"),
        Case(
            "no such element type", adding(ModelBytes.tensor("w", [2], [1, 2], type: 77)), .malformedModel, "'w'", "77",
            "no element type"),
        Case(
            "too few inputs", ModelBytes(ModelBytes.node("Relu", [], ["y"])), .unsupported, "Relu takes 1 inputs",
            "has 0"),
        Case(
            "too many outputs", ModelBytes(ModelBytes.node("Relu", ["x"], ["y", "z"])), .unsupported,
            "Relu takes 1 outputs", "has 2"),
        Case(
            "an attribute of another kind",
            ModelBytes(ModelBytes.node("Softmax", ["x"], ["y"], ModelBytes.integers("axis", [1]))), .unsupported, "'n'",
            "'axis'"),
        Case(
            "a negative kernel",
            ModelBytes(ModelBytes.node("MaxPool", ["x"], ["y"], ModelBytes.integers("kernel_shape", [-3, 3]))),
            .unsupported, "'kernel_shape'", "[-3, 3]", "from 1 to"),
        Case(
            "a stride of nothing",
            ModelBytes(
                ModelBytes.node(
                    "MaxPool", ["x"], ["y"], ModelBytes.integers("kernel_shape", [3, 3]),
                    ModelBytes.integers("strides", [0, 0]))), .unsupported, "'strides'", "[0, 0]", "from 1 to"),
        Case(
            "absurd padding",
            ModelBytes(
                ModelBytes.node(
                    "MaxPool", ["x"], ["y"], ModelBytes.integers("kernel_shape", [3, 3]),
                    ModelBytes.integers("pads", [1 << 62, 0, 0, 0]))), .unsupported, "'pads'", "4611686018427387904"),
        Case(
            "no permutation",
            ModelBytes(ModelBytes.node("Transpose", ["x"], ["y"], ModelBytes.integers("perm", [0, 0]))), .unsupported,
            "'perm'", "[0, 0]"),
        Case(
            "a cast to nothing", ModelBytes(ModelBytes.node("Cast", ["x"], ["y"], ModelBytes.integer("to", 99))),
            .unsupported, "'to'", "99"),
        Case(
            "a window of absurd size",
            ModelBytes(ModelBytes.node("LSTM", ["x", "x", "x"], ["y"], ModelBytes.integer("hidden_size", 1 << 40))),
            .unsupported, "'hidden_size'", "1099511627776"),
        Case("subgraphs inside one another", ModelBytes(nested(40)), .limit, "deep"),
        Case("messages inside one another", bytes: [UInt8](repeating: 0x0B, count: 100_000), .limit, "deep"),
    ]

    private static func nested(_ depth: Int) -> [UInt8] {
        var node = ModelBytes.node("Relu", ["x"], ["y"])
        for _ in 0..<depth {
            let branch =
                ModelBytes.block(1, node) + ModelBytes.block(2, "b") + ModelBytes.block(12, ModelBytes.value("y", nil))
            node = ModelBytes.node("If", ["x"], ["y"], ModelBytes.graph("then_branch", branch))
        }
        return node
    }

    private static let places: [Case] =
        [
            "/etc/passwd", "../w.bin", "a/../../w.bin", "..", ".", "", "a//b", "..\\w.bin", "C:\\w.bin", "w.bin\u{0}x",
            "/proc/self/environ",
        ].map { location in
            Case(
                "external data in \(location.debugDescription)",
                adding(ModelBytes.external("w", [2], [("location", location)])), .file, "'w'", "plain path")
        } + [
            Case(
                "external data without a location", adding(ModelBytes.external("w", [2], [("offset", "0")])), .file,
                "'w'", "location"),
            Case(
                "external data that is missing", adding(ModelBytes.external("w", [2], [("location", "no-such-file")])),
                .file, "'w'", "'no-such-file'", "No such file"),
            Case(
                "a percent encoding, which is a name like any other",
                adding(ModelBytes.external("w", [2], [("location", "%2e%2e%2fw")])), .file, "'w'", "%2e%2e%2fw",
                "No such file"),
            Case(
                "external data at a negative place",
                adding(ModelBytes.external("w", [2], [("location", "a"), ("offset", "-4")])), .file, "offset", "-4"),
            Case(
                "external data of another length",
                adding(ModelBytes.external("w", [2], [("location", "a"), ("length", "4")])), .file, "takes 8 bytes", "4"
            ),
            Case(
                "external data with a setting nobody knows",
                adding(ModelBytes.external("w", [2], [("location", "a"), ("basepath", "/etc")])), .file, "basepath"),
        ]

    @Test(
        "A broken model is refused with what is wrong, where, and what was expected",
        arguments: files + names + numbers + places)
    func loading(_ broken: Case) {
        let error = #expect(throws: EngineError.self) {
            try Model(bytes: broken.bytes, folder: "/nonexistent-folder/..")
        }
        guard let error else { return }
        #expect(error.code == broken.code, "\(error)")
        for word in broken.words { #expect(error.description.contains(word), "\(error)") }
    }

    private static let runs: [Case] = [
        Case(
            "wrong element types", adding(ModelBytes.tensor("w", [2], [1, 2])), .elementType,
            "Add (opset 21), node 'n'", "f32[1, 2]", "i64[2]"),
        Case(
            "shapes that do not go together", adding(ModelBytes.tensor("w", [3], [1, 2, 3], type: 1)), .shape,
            "Add (opset 21), node 'n'", "[1, 2]", "[3]"),
        Case(
            "an axis outside the rank",
            ModelBytes(ModelBytes.node("Softmax", ["x"], ["y"], ModelBytes.integer("axis", 7))), .shape,
            "Softmax (opset 21), node 'n'", "axis 7", "rank 2"),
        Case(
            "an index outside the data", sized("Gather", ["x", "s"], [9]), .value, "Gather (opset 21), node 'n'",
            "index 9"),
        Case(
            "more memory than the limit", sized("ConstantOfShape", ["s"], [1 << 36]), .limit,
            "ConstantOfShape (opset 21), node 'n'", "limit of 1048576 bytes"),
        Case(
            "more memory than the limit while compiling", sized("ConstantOfShape", ["s"], [1 << 20]), .limit,
            "ConstantOfShape (opset 21), node 'n'", "limit of 1048576 bytes"),
        Case(
            "a shape that overflows", sized("ConstantOfShape", ["s"], [1 << 40, 1 << 40]), .limit, "node 'n'",
            "overflows"),
        Case(
            "an expansion past the limit", sized("Expand", ["x", "s"], [1 << 36, 1, 1]), .limit,
            "Expand (opset 21), node 'n'", "limit of 1048576 bytes"),
        Case(
            "a tiling past the limit", sized("Tile", ["x", "s"], [1 << 30, 1]), .limit, "Tile (opset 21), node 'n'",
            "limit of 1048576 bytes"),
        Case(
            "padding past the limit", sized("Pad", ["x", "s"], [1 << 30, 0, 0, 0]), .limit, "Pad (opset 21), node 'n'",
            "limit of 1048576 bytes"),
        Case(
            "a loop that grows without end", growing, .limit, "Loop (opset 21), node 'n'", "node 'grow'",
            "limit of 1048576 bytes"),
        Case(
            "a loop whose text grows without end", growingText, .limit, "Loop (opset 21), node 'n'", "node 'grow'",
            "limit of 1048576 bytes"),
        Case(
            "a loop that keeps a value of every round", collecting, .limit, "Loop (opset 21), node 'n'",
            "limit of 1048576 bytes"),
    ]

    private static func sized(_ operation: String, _ inputs: [String], _ sizes: [Int64]) -> ModelBytes {
        ModelBytes(ModelBytes.node(operation, inputs, ["y"])).with {
            $0.initializers = [ModelBytes.tensor("s", [Int64(sizes.count)], sizes)]
        }
    }

    /// A loop of 2^62 rounds over a value `v` that begins as the given one and becomes what the node makes.
    private static func loop(_ node: [UInt8], from start: String, type: Int64 = 1, keeping kept: [String]) -> ModelBytes
    {
        var body = ModelBytes.block(1, node) + ModelBytes.block(2, "body")
        body += ModelBytes.block(1, ModelBytes.node("Identity", ["c"], ["d"], name: "on"))
        for (name, element) in [("i", 7), ("c", 9), ("v", type)] as [(String, Int64)] {
            body += ModelBytes.block(11, ModelBytes.value(name, element == type ? nil : [], type: element))
        }
        body += ModelBytes.block(12, ModelBytes.value("d", [], type: 9))
        for name in kept { body += ModelBytes.block(12, ModelBytes.value(name, nil, type: type)) }
        let made = kept.count == 1 ? ["y"] : ["", "y"]
        return ModelBytes(ModelBytes.node("Loop", ["s", "", start], made, ModelBytes.graph("body", body))).with {
            $0.initializers = [ModelBytes.tensor("s", [], [1 << 62]), text]
            $0.outputs = [ModelBytes.value("y", nil, type: type)]
        }
    }

    private static let text =
        ModelBytes.number(2, 8) + ModelBytes.block(8, "t") + ModelBytes.block(6, "a text of some length")
    private static let growing = loop(
        ModelBytes.node("Concat", ["v", "v"], ["u"], name: "grow", ModelBytes.integer("axis", 0)), from: "x",
        keeping: ["u"])
    private static let growingText = loop(
        ModelBytes.node("StringConcat", ["v", "v"], ["u"], name: "grow"), from: "t", type: 8, keeping: ["u"])
    private static let collecting = loop(
        ModelBytes.node("Neg", ["v"], ["u"], name: "grow"), from: "x", keeping: ["u", "u"])

    @Test("A run that cannot be carried out names the node and what it was given", arguments: runs, Stage.allCases)
    func running(_ broken: Case, _ stage: Stage) throws {
        var options = Options()
        options.memoryLimitBytes = 1 << 20
        options.stage = stage
        do {
            let session = try Model(bytes: broken.bytes, options: options).makeSession()
            _ = try session.run(["x": try Tensor([1, 2] as [Float], shape: [1, 2])])
            Issue.record("nothing was refused")
        } catch let error as EngineError {
            #expect(error.code == broken.code, "\(error)")
            for word in broken.words { #expect(error.description.contains(word), "\(error)") }
        }
    }
}
