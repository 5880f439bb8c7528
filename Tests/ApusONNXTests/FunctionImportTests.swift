// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import Testing

@Suite struct FunctionImportTests {
    private func model(_ nodes: [OracleNode], _ functions: [OracleFunction]) -> OracleModel {
        var model = OracleModel(nodes)
        model.functions = functions
        model.opsets.append(OracleOpset(domain: "local", version: 1))
        return model
    }

    private func call(_ name: String, _ inputs: [String], _ outputs: [String], _ attributes: [OracleAttribute] = [])
        -> OracleNode
    {
        OracleNode(name, inputs, outputs, domain: "local", attributes)
    }

    private func reference(_ name: String, to attribute: String) -> OracleAttribute {
        OracleAttribute(name, type: 2) { $0.reference = attribute }
    }

    @Test("inlines calls with names of their own and the function's operator versions")
    func inlining() throws {
        let twice = OracleFunction(
            "Twice", ["a"], ["b"], [OracleNode("Relu", ["a"], ["t"]), OracleNode("Relu", ["t"], ["b"])])
        let graph = try load(model([call("Twice", ["x"], ["m"]), call("Twice", ["m"], ["y"])], [twice])).graph
        #expect(graph.nodes.map(\.operatorName) == ["Relu", "Relu", "Relu", "Relu"])
        #expect(graph.nodes.map(\.opset) == [18, 18, 18, 18])
        #expect(Set(graph.nodes.flatMap(\.outputs)).count == 4)
        #expect(graph.nodes[1].outputs == ["m"])
        #expect(graph.nodes[3].outputs == ["y"])
    }

    @Test("replaces references to attributes, uses defaults and leaves out what is not given")
    func attributes() throws {
        var scale = OracleFunction(
            "Scale", ["a"], ["b"],
            [
                OracleNode(
                    "Relu", ["a"], ["b"],
                    [reference("given", to: "k"), reference("default", to: "d"), reference("absent", to: "n")])
            ])
        scale.attributes = ["k", "n"]
        scale.defaults = [.integer("d", 5)]
        let node = try load(model([call("Scale", ["x"], ["y"], [.integer("k", 3)])], [scale])).graph.nodes[0]
        #expect(node.attributes.keys.sorted() == ["default", "given"])
        guard case .integer(3) = node.attributes["given"], case .integer(5) = node.attributes["default"] else {
            Issue.record("\(node.attributes)")
            return
        }
    }

    @Test("inlines functions that call functions, in bodies too, and passes inputs through")
    func nesting() throws {
        let inner = OracleFunction("Inner", ["a"], ["b"], [OracleNode("Relu", ["a"], ["b"])])
        var body = OracleGraph()
        body.nodes = [call("Inner", ["x"], ["r"])]
        body.outputs = [OracleValue("r")]
        let outer = OracleFunction("Outer", ["a"], ["b", "a"], [call("Inner", ["a"], ["b"])])
        let oracle = model(
            [
                call("Outer", ["x"], ["p", "same"]),
                OracleNode("If", ["p"], ["y"], [.graph("then_branch", body), .graph("else_branch", body)]),
            ], [outer, inner])
        let graph = try load(oracle).graph
        #expect(graph.nodes.map(\.operatorName).sorted() == ["Identity", "If", "Relu"])
        #expect(graph.nodes.contains { $0.operatorName == "Identity" && $0.inputs == ["x"] && $0.outputs == ["same"] })
        let names = graph.nodes.last?.subgraphs.map(\.graph.nodes[0].operatorName)
        #expect(names == ["Relu", "Relu"])
    }

    @Test("treats inputs that a call leaves out as absent")
    func absentInputs() throws {
        let function = OracleFunction("F", ["a", "b"], ["c"], [OracleNode("Relu", ["a", "b"], ["c"])])
        #expect(try load(model([call("F", ["x"], ["y"])], [function])).graph.nodes[0].inputs == ["x", ""])
    }

    @Test("refuses a function that calls itself")
    func recursion() throws {
        let first = OracleFunction("A", ["a"], ["b"], [call("B", ["a"], ["b"])])
        let second = OracleFunction("B", ["a"], ["b"], [call("A", ["a"], ["b"])])
        let error = try refusal(model([call("A", ["x"], ["y"])], [first, second]))
        #expect(error?.code == .graph)
        #expect(error?.message.contains("calls itself") == true)
    }

    @Test("refuses functions in subgraphs in functions that are nested too deeply together")
    func depth() throws {
        var functions = [OracleFunction("F40", ["a"], ["b"], [OracleNode("Relu", ["a"], ["b"])])]
        for level in 0..<40 {
            var body = OracleGraph()
            body.nodes = [call("F\(level + 1)", ["a"], ["r"])]
            body.outputs = [OracleValue("r")]
            functions.append(
                OracleFunction(
                    "F\(level)", ["a"], ["b"], [OracleNode("If", ["a"], ["b"], [.graph("then_branch", body)])]))
        }
        #expect(try refusal(model([call("F0", ["x"], ["y"])], functions))?.code == .limit)
    }

    @Test("refuses functions that multiply without end")
    func explosion() throws {
        var functions: [OracleFunction] = []
        for level in 0..<24 {
            let next = "F\(level + 1)"
            functions.append(
                OracleFunction(
                    "F\(level)", ["a"], ["b"], [call(next, ["a"], ["t"]), call(next, ["t"], ["b"])]))
        }
        functions.append(OracleFunction("F24", ["a"], ["b"], [OracleNode("Relu", ["a"], ["b"])]))
        var options = ImportOptions()
        options.nodeLimit = 1000
        #expect(try refusal(model([call("F0", ["x"], ["y"])], functions), options: options)?.code == .limit)
    }

    @Test("refuses an output that the function does not make, and too many inputs")
    func broken() throws {
        let function = OracleFunction("F", ["a"], ["nothing"], [OracleNode("Relu", ["a"], ["b"])])
        #expect(try refusal(model([call("F", ["x"], ["y"])], [function]))?.code == .graph)
        let plain = OracleFunction("F", ["a"], ["b"], [OracleNode("Relu", ["a"], ["b"])])
        #expect(try refusal(model([call("F", ["x", "x"], ["y"])], [plain]))?.code == .graph)
        #expect(try refusal(model([call("F", ["x"], ["y"])], [plain, plain]))?.code == .graph)
    }
}
