// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import Glibc
import Testing

@Suite struct CompareTests {
    private let folder: Folder
    private let model: String

    init() throws {
        folder = try Folder()
        model = try Models.save(try Models.layer(), folder)
    }

    @Test("agrees with its own stages and instruction sets", arguments: ["imported", "simplified", "scalar", "cpu"])
    func ways(_ way: String) throws {
        let result = try Tool.run("compare", model, "--against", way, "--every-node")
        #expect(result.code == 0)
        #expect(result.output.contains("agrees"))
        #expect(result.output.contains("all 3 values between the nodes agree"))
    }

    @Test("reports absolute and relative errors and code 2 for another model")
    func differences() throws {
        let other = try Models.save(try Models.layer(bias: 3), folder, "other.onnx")
        try FileBytes.write(Array("[[1, 2, 3]]".utf8), to: folder / "x.json")
        let input = "x=" + folder / "x.json"
        let text = try Tool.run("compare", model, "--against", other, "--input", input)
        #expect(text.code == 2)
        #expect(text.output.contains("differs"))
        let result = try Tool.run("compare", model, "--against", other, "--input", input, "--json")
        #expect(result.code == 2)
        let output = try #require(try result.json["outputs"]?.array?.first)
        #expect(output["max_abs"]?.double == 2)
        #expect(output["max_rel"]?.double == 2.0 / 27)
        #expect(try Tool.run("compare", model, "--against", other, "--input", input, "--rtol", "0.1").code == 0)
        let nodes = try Tool.run("compare", model, "--against", other, "--every-node")
        #expect(nodes.code == 64)
    }

    @Test("names what it can be compared with, as an error of the command line")
    func unknownWays() throws {
        let result = try Tool.run("compare", model, "--against", "nothing")
        #expect(result.code == 64)
        #expect(result.errors.contains("onnxruntime") && result.errors.contains("simplified"))
        #expect(try Tool.run("compare", model, "--against", "cpu", "--rtol", "-1").code == 64)
    }

    @Test("a library that is not there is named")
    func missingLibrary() throws {
        let result = try Tool.run("compare", model, "--against", "onnxruntime", "--library", folder / "none.so")
        #expect(result.code == 1)
        #expect(result.errors.contains(folder / "none.so"))
        let named = try Tool.run(
            "compare", model, "--against", "onnxruntime", environment: ["APUS_ONNXRUNTIME_LIBRARY": model])
        #expect(named.code == 1)
        #expect(named.errors.contains("APUS_ONNXRUNTIME_LIBRARY") && named.errors.contains(model))
    }

    private static let hasLibrary = unsafe getenv("APUS_ONNXRUNTIME_LIBRARY") != nil

    @Test(
        "ONNX Runtime agrees, node by node; where it does not, the first such node is named",
        .enabled(if: hasLibrary, "APUS_ONNXRUNTIME_LIBRARY names no library"))
    func onnxRuntime() throws {
        let result = try Tool.run("compare", model, "--against", "onnxruntime", "--every-node")
        #expect(result.code == 0)
        #expect(result.output.contains("all 3 values between the nodes agree"))
        var graph = try Models.layer()
        graph.nodes[1] = Node(
            "RandomNormalLike", opset: 17, name: "noise", inputs: ["p"], outputs: ["s"], attributes: ["seed": .float(1)]
        )
        graph.constants["b"] = nil
        let random = try Models.save(graph, folder, "random.onnx")
        let departed = try Tool.run(
            "compare", random, "--against", "onnxruntime", "--every-node", "--json", "--seed", "3")
        #expect(departed.code == 2)
        let departure = try #require(try departed.json["first_departure"])
        #expect(departure["name"]?.string == "s")
        #expect(departure["node"]?.string == "noise")
        #expect(departure["operator"]?.string == "RandomNormalLike")
    }
}

extension Node {
    /// The node with another operator and attributes.
    func renamed(_ operatorName: String, _ attributes: [String: Attribute]) -> Node {
        Node(
            operatorName, domain: domain, opset: opset, name: name, inputs: inputs, outputs: outputs,
            attributes: attributes)
    }
}
