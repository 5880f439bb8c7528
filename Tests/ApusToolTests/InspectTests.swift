// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusTensors
import Testing

@Suite struct InspectTests {
    private let folder: Folder
    private let model: String

    init() throws {
        folder = try Folder()
        model = try Models.save(try Models.layer(), folder)
    }

    @Test("tells inputs, outputs, operators, parameters, work and memory")
    func report() throws {
        let text = try Tool.run("inspect", model).output
        for line in [
            "operator sets  ai.onnx 17", "input          x: f32[N, 3]", "output         y: f32[N, 2]",
            "parameters     8 (32 bytes)", "multiply-adds  6 (where N = 1)", "activations ", "MatMul        1",
        ] { #expect(text.contains(line), "\(line) is not in\n\(text)") }
        let json = try Tool.run("inspect", model, "--json", "--size", "N=5").json
        #expect(json["multiply_adds"]?.int == 30)
        #expect(json["opsets"]?["ai.onnx"]?.int == 17)
        #expect(json["operators"]?["MatMul"]?.int == 1)
        #expect(json["inputs"]?.array?.first?["name"]?.string == "x")
    }

    @Test("draws the graph as text, DOT and SVG")
    func drawings() throws {
        let text = try Tool.run("inspect", model, "--graph", "text").output
        #expect(text.contains("p = MatMul(x, w) \"product\""))
        let dot = try Tool.run("inspect", model, "--graph", "dot").output
        #expect(dot.hasPrefix("digraph \"layer\" {"))
        #expect(dot.contains("node0 -> node1"))
        let svg = try Tool.run("inspect", model, "--graph", "svg").output
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.split(separator: "<path ").count == 5)
        #expect(svg.contains(">MatMul</text>"))
        let json = try Tool.run("inspect", model, "--graph", "dot", "--json").json
        #expect(json["dot"]?.string == dot)
    }

    @Test("tells how two models differ, attributes and weights included")
    func differences() throws {
        let same = try Tool.run("inspect", model, "--diff", model)
        #expect(same.code == 0)
        #expect(same.output == "no difference\n")
        let other = try Models.save(try Models.layer(bias: 2), folder, "other.onnx")
        let result = try Tool.run("inspect", model, "--diff", other)
        #expect(result.code == 2)
        #expect(result.output.contains("constant b"))
        #expect(!result.output.contains("constant w"))
        var graph = try Models.layer()
        graph.nodes[2] = graph.nodes[2].renamed("LeakyRelu", ["alpha": .float(0.5)])
        let bent = try Models.save(graph, folder, "bent.onnx")
        graph.nodes[2] = graph.nodes[2].renamed("LeakyRelu", ["alpha": .float(0.25)])
        let steeper = try Models.save(graph, folder, "steeper.onnx")
        let json = try Tool.run("inspect", bent, "--diff", steeper, "--json")
        #expect(json.code == 2)
        #expect(try json.json.array?.map { $0["what"]?.string } == ["node y"])
    }

    @Test("asks one question at a time")
    func questions() throws {
        #expect(try Tool.run("inspect", model, "--diff", model, "--graph", "dot").code == 64)
        #expect(try Tool.run("inspect", model, "--graph", "png").code == 64)
    }
}
