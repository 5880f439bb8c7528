// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusOperators
import ApusTensors
import FoundationEssentials
import Testing

@Suite struct GradientImportTests {
    private let catalogue = Catalogue(standardOperators)

    private func node(_ variables: [String], _ target: String, _ inputs: [String], _ output: String) -> OracleNode {
        let names = OracleAttribute("xs", type: 8) { $0.strings = variables.map { Data($0.utf8) } }
        let sum = OracleAttribute("y", type: 3) { $0.string = Data(target.utf8) }
        return OracleNode("Gradient", inputs, [output], domain: "ai.onnx.preview.training", [names, sum])
    }

    @Test("Gradient becomes ordinary nodes, inner ones first and whatever the order in the file")
    func expands() throws {
        let model = OracleModel([
            node(["x"], "d", ["x"], "y"), node(["x"], "h", ["x"], "d"), OracleNode("Tanh", ["x"], ["h"]),
        ])
        let graph = try load(model, catalogue: catalogue).graph
        #expect(graph.nodes.allSatisfy { $0.operation != nil && $0.operatorName != "Gradient" })
        #expect(graph.outputs.map(\.name) == ["y"])
        try Verifier().verify(graph)
        #expect(try load(model).graph.nodes.count { $0.operatorName == "Gradient" } == 2)
    }

    @Test("Gradient of what is not there, of itself or of an operator without one is refused")
    func refuses() throws {
        let lost = OracleModel([node(["x"], "nothing", ["x"], "y")])
        #expect(try refusal(lost, catalogue: catalogue)?.code == .graph)
        let circle = OracleModel([node(["x"], "y", ["x"], "y")])
        #expect(try refusal(circle, catalogue: catalogue)?.code == .refusedOperator)
        let sorted = OracleModel([OracleNode("Unique", ["x"], ["u"]), node(["x"], "u", ["x"], "y")])
        let error = try refusal(sorted, catalogue: catalogue)
        #expect(error?.code == .refusedOperator && error?.cause?.message.contains("Unique") == true)
    }
}
