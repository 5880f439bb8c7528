// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import Testing

@Suite struct RefusalTests {
    @Test("names files that are missing, empty or no regular file")
    func files() throws {
        let folder = try TemporaryFolder()
        let importer = ONNXImporter(catalogue: nil)
        for path in [folder.path + "/missing.onnx", folder.path, try folder.write([], to: "empty.onnx"), ""] {
            let error = #expect(throws: ImportError.self) { try importer.importModel(path: path) }
            #expect(error?.code == .file)
            #expect(error?.path == path)
        }
    }

    @Test("recognises files of other kinds")
    func otherKinds() {
        #expect(refusal(bytes: Array("PK\u{3}\u{4}....".utf8))?.message.contains("zip") == true)
        #expect(
            refusal(bytes: Array("version https://git-lfs.github.com/spec/v1".utf8))?.message.contains("LFS") == true)
        #expect(refusal(bytes: Array("<html></html>".utf8))?.code == .malformed)
        #expect(refusal(bytes: Array("{\"a\": 1}".utf8))?.code == .malformed)
    }

    @Test("refuses a model whose bytes are in the wrong order")
    func wrongEndian() throws {
        let bytes = try OracleModel([OracleNode("Relu", ["x"], ["y"])]).serialized()
        var swapped: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 4) {
            swapped += bytes[start..<min(start + 4, bytes.count)].reversed()
        }
        #expect(refusal(bytes: swapped)?.code == .malformed)
        #expect(refusal(bytes: bytes.reversed())?.code == .malformed)
    }

    @Test("refuses versions it does not know")
    func versions() throws {
        var model = OracleModel([OracleNode("Relu", ["x"], ["y"])])
        model.irVersion = 99
        #expect(try refusal(model)?.code == .unsupported)
        model.irVersion = 8
        for version in [0, 5, 29, 1 << 30] as [Int64] {
            model.opsets = [OracleOpset(domain: "", version: version)]
            #expect(try refusal(model)?.code == .unsupported, "opset \(version)")
        }
        model.opsets = []
        #expect(try refusal(model)?.message.contains("ai.onnx") == true)
        model.opsets = [OracleOpset(domain: "", version: -1)]
        #expect(try refusal(model)?.code == .malformed)
    }

    @Test("refuses a model without a graph")
    func noGraph() throws {
        #expect(try refusal(OracleModel())?.message.contains("no graph") == true)
    }

    @Test("refuses names that nothing makes")
    func dangling() throws {
        let error = try refusal(OracleModel([OracleNode("Relu", ["ghost"], ["y"], name: "n")]))
        #expect(error?.code == .graph)
        #expect(error?.message.contains("'ghost'") == true)
        #expect(error?.message.contains("'n'") == true)
        #expect(try refusal(OracleModel([OracleNode("Relu", ["x"], ["z"])]))?.message.contains("'y'") == true)
    }

    @Test("refuses names that are made twice")
    func duplicates() throws {
        let twice = OracleModel([OracleNode("Relu", ["x"], ["y"]), OracleNode("Relu", ["x"], ["y"])])
        #expect(try refusal(twice)?.message.contains("'y'") == true)
        #expect(try refusal(OracleModel([OracleNode("Relu", ["x"], ["x"])]))?.code == .graph)
        let inputs = OracleModel([OracleNode("Relu", ["x"], ["y"])]) { $0.inputs.append(OracleValue("x")) }
        #expect(try refusal(inputs)?.code == .graph)
        let weights = OracleModel([OracleNode("Relu", ["x"], ["y"])]) {
            let weight = OracleTensor("w", type: 1, dims: [1]) { $0.floats = [1] }
            $0.initializers = [weight, weight]
        }
        #expect(try refusal(weights)?.message.contains("'w'") == true)
        let outputs = OracleModel([OracleNode("Relu", ["x"], ["y"])]) { $0.outputs.append(OracleValue("y")) }
        #expect(try refusal(outputs)?.code == .graph)
        let attributes = OracleModel([OracleNode("Relu", ["x"], ["y"], [.integer("a", 1), .integer("a", 2)])])
        #expect(try refusal(attributes)?.message.contains("'a'") == true)
    }

    @Test("refuses cycles and names the nodes on them")
    func cycles() throws {
        let error = try refusal(
            OracleModel([
                OracleNode("Relu", ["x", "b"], ["a"], name: "first"), OracleNode("Relu", ["a"], ["b"], name: "second"),
                OracleNode("Relu", ["b"], ["y"], name: "third"),
            ]))
        #expect(error?.code == .graph)
        #expect(error?.message.contains("'first'") == true)
        #expect(error?.message.contains("'second'") == true)
        #expect(error?.message.contains("'third'") == false)
        #expect(try refusal(OracleModel([OracleNode("Relu", ["y"], ["y"])]))?.message.contains("cycle") == true)
    }

    @Test("names unknown operators, their domain, their version and the nearest known")
    func unknownOperators() throws {
        let error = try refusal(OracleModel([OracleNode("Rellu", ["x"], ["y"])]), catalogue: testCatalogue)
        #expect(error?.code == .unknownOperator)
        for part in ["'Rellu'", "'ai.onnx'", "21", "Relu"] { #expect(error?.message.contains(part) == true, "\(part)") }
    }

    @Test("names the node whose operator refuses it")
    func refusedOperators() throws {
        let refused = OracleModel([OracleNode("Relu", ["x"], ["y"], name: "n", [.integer("refuse", 1)])])
        let error = try refusal(refused, catalogue: testCatalogue)
        #expect(error?.code == .refusedOperator)
        #expect(error?.cause?.code == .attribute)
        #expect(error?.description.contains("'n'") == true)
        let many = OracleModel([OracleNode("Relu", ["x", "x", "x"], ["y"])])
        #expect(try refusal(many, catalogue: testCatalogue)?.code == .refusedOperator)
    }

    @Test("refuses subgraphs, types and messages that are nested too deeply")
    func nesting() throws {
        var graph = OracleGraph()
        graph.outputs = [OracleValue("x")]
        for _ in 0..<40 {
            var outer = OracleGraph()
            outer.nodes = [
                OracleNode("If", ["x"], ["r"], [.graph("then_branch", graph), .graph("else_branch", graph)])
            ]
            outer.nodes[0].attributes.removeLast()
            outer.outputs = [OracleValue("r")]
            graph = outer
        }
        #expect(try refusal(OracleModel([OracleNode("If", ["x"], ["y"], [.graph("b", graph)])]))?.code == .limit)

        var type = OracleType.tensor(1, nil)
        for _ in 0..<40 { type = .sequence(type) }
        let model = OracleModel([OracleNode("Relu", ["x"], ["y"])]) { $0.inputs[0].type = [type] }
        #expect(try refusal(model)?.code == .limit)
        #expect(refusal(bytes: [UInt8](repeating: 0x0B, count: 100_000))?.code == .limit)
    }

    @Test("refuses attributes of no or another type, and references outside of functions")
    func attributes() throws {
        func model(_ attribute: OracleAttribute) -> OracleModel {
            OracleModel([OracleNode("Relu", ["x"], ["y"], [attribute])])
        }
        #expect(try refusal(model(OracleAttribute("a", type: 77) { _ in }))?.code == .malformed)
        #expect(try refusal(model(OracleAttribute("a", type: 4) { _ in }))?.code == .malformed)
        #expect(try refusal(model(OracleAttribute("", type: 2) { _ in }))?.code == .malformed)
        #expect(try refusal(model(OracleAttribute("a", type: 2) { $0.reference = "b" }))?.code == .graph)
        let constant = OracleModel([OracleNode("Constant", [], ["y"], [.integer("value", 1)])])
        #expect(try refusal(constant) != nil)
        #expect(try refusal(OracleModel([OracleNode("Constant", [], ["y"])]))?.code == .graph)
    }

    @Test("a small model cut at any byte is an error, never a trap")
    func truncation() throws {
        var branch = OracleGraph()
        branch.nodes = [OracleNode("Relu", ["x"], ["r"])]
        branch.outputs = [OracleValue("r")]
        var oracle = OracleModel([
            OracleNode("If", ["c"], ["z"], [.graph("then_branch", branch), .graph("else_branch", branch)]),
            OracleNode("F", ["z"], ["y"], domain: "local", [.integer("k", 1)]),
        ]) {
            $0.inputs.append(OracleValue("c", element: 9, []))
            $0.initializers = [OracleTensor("w", type: 1, dims: [2]) { $0.floats = [1, 2] }]
            $0.sparse = [
                OracleSparse(
                    values: OracleTensor("s", type: 1, dims: [1]) { $0.floats = [1] },
                    indices: OracleTensor(type: 7, dims: [1]) { $0.int64s = [1] }, dims: [3])
            ]
        }
        oracle.functions = [OracleFunction("F", ["a"], ["b"], [OracleNode("Relu", ["a"], ["b"])])]
        let bytes = try oracle.serialized()
        #expect(refusal(bytes: bytes) == nil)
        var accepted = 0
        for count in 0..<bytes.count where refusal(bytes: Array(bytes[..<count])) == nil { accepted += 1 }
        #expect(accepted == 1, "only the cut before the functions leaves a whole model")
    }

    @Test("flipping any byte of a small model never traps")
    func flips() throws {
        let bytes = try OracleModel([
            OracleNode("Constant", [], ["c"], [.tensor("value", OracleTensor(type: 7, dims: [1]) { $0.int64s = [4] })]),
            OracleNode("Relu", ["x", "c"], ["y"]),
        ]).serialized()
        for index in bytes.indices {
            for bit in [0x01, 0x08, 0x40, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] ^= bit
                _ = refusal(bytes: changed)
            }
        }
    }
}
