// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct PatchTests {
    private let catalogue = Catalogue(standardOperators)

    private func patched(_ text: String, _ change: (inout Patch, Graph) throws -> Void) throws -> String {
        var graph = try GraphParser.parse("graph\(text)", catalogue: catalogue)
        var patch = Patch(names: NameSource(avoiding: graph.allNames), catalogue: catalogue)
        try change(&patch, graph)
        try graph.apply(patch)
        try Verifier().verify(graph)
        return GraphPrinter(showsTypes: false).text(of: graph)
    }

    @Test("A redirected output keeps its name by renaming what it is redirected to")
    func outputs() throws {
        let text = try patched(
            "(x: f32[2]) -> (y: f32[2]) { opset ai.onnx 17 a = Abs(x) b = Neg(a) y = Relu(a) }"
        ) { patch, _ in
            patch.redirect("y", to: "b")
            patch.remove(2)
        }
        #expect(text.contains("y = Neg(a)"))
        #expect(!text.contains("Relu"))
    }

    @Test("An output redirected to an input becomes an Identity")
    func outputFromInput() throws {
        let text = try patched("(x: f32[2]) -> (y: f32[2]) { opset ai.onnx 17 y = Relu(x) }") { patch, _ in
            patch.redirect("y", to: "x")
            patch.remove(0)
        }
        #expect(text.contains("y = Identity(x)"))
    }

    @Test("An output may become a constant")
    func outputFromConstant() throws {
        let text = try patched("(x: f32[2]) -> (y: f32[1]) { opset ai.onnx 17 y = Relu(x) }") { patch, _ in
            patch.makeConstant("y", try Tensor([Float(3)], shape: [1]))
            patch.remove(0)
        }
        #expect(text.contains("const y: f32[1] = [3.0]"))
    }

    @Test("Reads inside subgraphs are redirected")
    func captures() throws {
        let text = try patched(
            """
            (c: bool[], x: f32[2]) -> (y: f32[2]) {
              opset ai.onnx 17
              a = Abs(x)
              b = Neg(x)
              y = If(c) {then_branch = graph() -> (q: f32[2]) {
                q = Relu@17(b)
              }, else_branch = graph() -> (r: f32[2]) {
                r = Abs@17(b)
              }}
            }
            """
        ) { patch, _ in
            patch.redirect("b", to: "a")
            patch.remove(1)
        }
        #expect(text.contains("q = Relu@17(a)"))
        #expect(text.contains("r = Abs@17(a)"))
    }

    @Test("Nodes are put back into an order in which they can run")
    func order() throws {
        let text = try patched(
            "(x: f32[2]) -> (y: f32[2]) { opset ai.onnx 17 a = Abs(x) y = Relu(a) b = Neg(x) c = Exp(b) }"
        ) { patch, _ in patch.redirect("a", to: "c") }
        let position = try #require(text.firstRange(of: "c = Exp")?.lowerBound)
        let reader = try #require(text.firstRange(of: "y = Relu(c)")?.lowerBound)
        #expect(position < reader)
    }

    @Test("A value that would depend on itself is refused and the graph stays")
    func cycle() throws {
        #expect(throws: PatchError.cycle("a")) {
            try patched("(x: f32[2]) -> (y: f32[2]) { opset ai.onnx 17 a = Abs(x) b = Neg(a) y = Relu(b) }") {
                patch, _ in
                patch.redirect("x", to: "b")
            }
        }
    }
}
