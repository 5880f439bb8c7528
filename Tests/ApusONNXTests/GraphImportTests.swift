// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import Testing

@Suite struct GraphImportTests {
    @Test("reads what SwiftProtobuf wrote")
    func plainModel() throws {
        var oracle = OracleModel([OracleNode("Relu", ["x"], ["y"], name: "first", [.integer("level", -3)])]) {
            $0.inputs = [OracleValue("x", [.number(2), .name("N"), .open, .number(-1), .name("")])]
            $0.values = [OracleValue("unused", [.number(1)])]
        }
        oracle.metadata = [OraclePair("b", "2"), OraclePair("a", "1")]
        oracle.opsets.append(OracleOpset(domain: "com.example.unused", version: 7))
        let model = try load(oracle)
        #expect(model.properties.irVersion == 10)
        #expect(model.properties.producerName == "test")
        #expect(model.properties.metadata.map(\.key) == ["b", "a"])
        #expect(model.graph.opsets == ["": 21, "com.example.unused": 7])
        let dimensions: [Dimension] = [2, Dimension(symbol: "N"), .unknown, .unknown, .unknown]
        #expect(model.graph.inputs == [Value("x", .tensor(.float32, dimensions))])
        #expect(model.graph.outputs.map(\.name) == ["y"])
        let node = try #require(model.graph.nodes.first)
        #expect(node.name == "first")
        #expect(node.opset == 21)
        guard case .integer(-3) = node.attributes["level"] else {
            Issue.record("the attribute is \(String(describing: node.attributes["level"]))")
            return
        }
    }

    @Test("turns Constant nodes and initializers, also those listed among the inputs, into constants")
    func constants() throws {
        var oracle = OracleModel([
            OracleNode("Constant", [], ["c"], [OracleAttribute("value_ints", type: 7) { $0.integers = [1, 2] }]),
            OracleNode("Constant", [], ["f"], [OracleAttribute("value_float", type: 1) { $0.float = 0.5 }]),
            OracleNode("Relu", ["x", "w"], ["y"]),
        ]) {
            $0.inputs.append(OracleValue("w"))
            $0.initializers = [OracleTensor("w", type: 1, dims: [2]) { $0.floats = [3, 4] }]
        }
        oracle.irVersion = 3
        let model = try load(oracle)
        #expect(model.graph.inputs.map(\.name) == ["x"])
        #expect(model.defaultedInputs.map(\.name) == ["w"])
        #expect(Set(model.graph.constants.keys) == ["c", "f", "w"])
        #expect(try model.graph.constants["c"]?.integers() == [1, 2])
        #expect(model.graph.constants["f"]?.shape == .scalar)
        #expect(try model.graph.constants["w"]?.array(of: Float.self) == [3, 4])
        #expect(model.graph.nodes.count == 1)
    }

    @Test("keeps names of subgraphs unique and what they capture in view")
    func subgraphs() throws {
        func branch(_ output: String) -> OracleGraph {
            var graph = OracleGraph()
            graph.nodes = [OracleNode("Relu", ["x"], ["inner"]), OracleNode("Relu", ["inner"], [output])]
            graph.outputs = [OracleValue(output)]
            return graph
        }
        let oracle = OracleModel([
            OracleNode(
                "If", ["c"], ["z"], [.graph("then_branch", branch("a")), .graph("else_branch", branch("late"))]),
            OracleNode("Relu", ["z"], ["late"]), OracleNode("Relu", ["late"], ["y"]),
        ]) { $0.inputs.append(OracleValue("c", element: 9, [])) }
        let model = try load(oracle)
        #expect(model.graph.nodes[0].captures == ["x"])
        var names = Set(model.graph.nodes.flatMap(\.outputs))
        for (_, subgraph) in model.graph.nodes[0].subgraphs {
            for name in subgraph.nodes.flatMap(\.outputs) {
                #expect(names.insert(name).inserted, "\(name) is not unique")
            }
            #expect(subgraph.nodes.last?.outputs == subgraph.outputs.map(\.name))
        }
        #expect(names.contains("late"))
    }

    @Test("sorts nodes that are out of order, bodies included")
    func order() throws {
        var body = OracleGraph()
        body.nodes = [OracleNode("Relu", ["b"], ["r"])]
        body.outputs = [OracleValue("r")]
        let oracle = OracleModel([
            OracleNode("If", ["c"], ["y"], [.graph("then_branch", body), .graph("else_branch", body)]),
            OracleNode("Relu", ["a"], ["b"]), OracleNode("Relu", ["x"], ["a"]),
        ]) { $0.inputs.append(OracleValue("c", element: 9, [])) }
        #expect(try load(oracle).graph.nodes.map { $0.outputs[0] } == ["a", "b", "y"])
    }

    @Test("resolves operators through the catalogue")
    func resolving() throws {
        let model = try load(
            OracleModel([OracleNode("Relu", ["x"], ["y"], domain: "ai.onnx")]), catalogue: testCatalogue)
        #expect(model.graph.nodes[0].operation is Relu)
        #expect(model.graph.nodes[0].domain == "")
    }

    @Test("keeps unknown operators when asked to")
    func unresolved() throws {
        var options = ImportOptions()
        options.allowsUnresolvedOperators = true
        let model = try load(
            OracleModel([OracleNode("Bogus", ["x"], ["y"])]), catalogue: testCatalogue, options: options)
        #expect(model.graph.nodes[0].operation == nil)
    }

    @Test("needs no import of domains that are not used")
    func imports() throws {
        var oracle = OracleModel([OracleNode("Own", ["x"], ["y"], domain: "com.example")])
        oracle.opsets = [OracleOpset(domain: "com.example", version: 4)]
        #expect(try load(oracle).graph.nodes[0].opset == 4)
    }

    @Test("reads types of sequences and optionals, and drops absent inputs at the end")
    func types() throws {
        let oracle = OracleModel([OracleNode("Relu", ["x", "", "w", "", ""], ["y", ""])]) {
            var sequence = OracleValue("w")
            sequence.type = [.sequence(.tensor(7, nil))]
            $0.inputs.append(sequence)
        }
        let model = try load(oracle)
        #expect(model.graph.inputs[1].type == .sequence(.tensor(.int64, nil)))
        #expect(model.graph.nodes[0].inputs == ["x", "", "w"])
        #expect(model.graph.nodes[0].outputs == ["y"])
    }
}
