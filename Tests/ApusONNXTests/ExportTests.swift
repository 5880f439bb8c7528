// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import FoundationEssentials
import SwiftProtobuf
import Testing

@Suite struct ExportTests {
    private func oracle(_ graph: Graph, _ properties: ModelProperties = ModelProperties()) throws -> OracleModel {
        try OracleModel(serializedBytes: ONNXExporter(properties: properties).bytes(of: graph))
    }

    @Test("SwiftProtobuf reads what was written")
    func plainGraph() throws {
        let node = Node(
            "Relu", opset: 21, name: "n", inputs: ["x", "", "w"], outputs: ["y"],
            attributes: ["i": .integer(-1), "f": .float(0.5), "s": .string("text"), "is": .integers([1, -2])])
        let graph = Graph(
            name: "net", inputs: [Value("x", .tensor(.float32, [2, Dimension(symbol: "N"), .unknown]))],
            outputs: [Value("y", .unknown)], nodes: [node],
            constants: ["w": try Tensor([1, 2] as [Float], shape: [2])], types: ["y": .tensor(.float32, nil)],
            opsets: ["": 21])
        var properties = ModelProperties()
        properties.metadata = [("k", "v")]
        let model = try oracle(graph, properties)
        #expect(model.metadata == [OraclePair("k", "v")])
        #expect(model.opsets == [OracleOpset(domain: "", version: 21)])
        let written = try #require(model.graph.first)
        #expect(written.name == "net")
        #expect(written.inputs == [OracleValue("x", [.number(2), .name("N"), .open])])
        #expect(written.outputs == [OracleValue("y", nil)])
        #expect(written.nodes[0].inputs == ["x", "", "w"])
        #expect(written.nodes[0].attributes.map(\.name) == ["f", "i", "is", "s"])
        #expect(written.nodes[0].attributes.map(\.type) == [1, 2, 7, 3])
        #expect(written.nodes[0].attributes[2].integers == [1, -2])
        #expect(written.initializers[0].raw == Data([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]))
    }

    @Test("every element type survives writing and reading", arguments: ElementType.allCases)
    func elementTypes(_ type: ElementType) throws {
        let tensor: Tensor
        if type == .string {
            tensor = try Tensor(strings: ["a", "", "ü"], shape: [3])
        } else {
            var fresh = try MutableTensor(type, [7, 1])
            let limit = type.storedBitWidth < 8 ? 1 << type.storedBitWidth : type == .bool ? 2 : 256
            var bytes = fresh.mutableBytes
            for index in 0..<bytes.byteCount {
                bytes.storeBytes(of: UInt8((index + 1) % limit), toByteOffset: index, as: UInt8.self)
            }
            tensor = fresh.finish()
        }
        let bytes = try ONNXExporter().bytes(of: .tensor(tensor))
        let read = try #require(try ONNXImporter(catalogue: nil).importDatum(bytes: bytes).tensor)
        #expect(read.elementType == type)
        #expect(read.shape == tensor.shape)
        #expect(read.strings == tensor.strings)
        #expect(try ONNXExporter().bytes(of: .tensor(read)) == bytes)
    }

    @Test("a model that was read, written and read again is the same")
    func roundTrip() throws {
        var branch = OracleGraph()
        branch.nodes = [OracleNode("Relu", ["x"], ["r"])]
        branch.initializers = [OracleTensor("k", type: 22, dims: [3]) { $0.raw = Data([0x21, 0x03]) }]
        branch.outputs = [OracleValue("r")]
        var direct = OracleGraph()
        direct.outputs = [OracleValue("x")]
        let model = OracleModel([
            OracleNode("If", ["c"], ["z"], [.graph("then_branch", branch), .graph("else_branch", direct)]),
            OracleNode("Own", ["z"], ["y"], domain: "apus.cpu"),
        ]) {
            $0.inputs.append(OracleValue("c", element: 9, []))
            $0.values = [OracleValue("z")]
        }
        let first = try load(model)
        let exporter = ONNXExporter(properties: first.properties)
        let bytes = try exporter.bytes(of: first.graph)
        let second = try ONNXImporter(catalogue: nil).importModel(bytes: bytes)
        #expect(second.properties.irVersion == 10)
        #expect(second.graph.inputs == first.graph.inputs)
        #expect(second.graph.outputs == first.graph.outputs)
        #expect(second.graph.types == first.graph.types)
        #expect(second.graph.nodes.map(\.reads) == first.graph.nodes.map(\.reads))
        #expect(second.graph.opsets == ["": 21, "apus.cpu": 1])
        // A branch that handed out a captured value now copies it first, as other readers ask for.
        #expect(second.graph.nodes[0].subgraphs.map(\.graph.nodes[0].operatorName) == ["Identity", "Relu"])
        #expect(try exporter.bytes(of: second.graph) == bytes)
    }

    @Test("nodes of another operator version are wrapped in a function that imports it")
    func mixedVersions() throws {
        let graph = Graph(
            inputs: [Value("x", .tensor(.float32, [2]))], outputs: [Value("y", .tensor(.float32, [2]))],
            nodes: [
                Node("Relu", opset: 21, inputs: ["x"], outputs: ["a"]),
                Node("Clip", opset: 6, inputs: ["a"], outputs: ["y"], attributes: ["max": .float(6)]),
            ], opsets: ["": 21])
        let model = try oracle(graph)
        #expect(model.functions.count == 1)
        #expect(model.functions[0].opsets == [OracleOpset(domain: "", version: 6)])
        let again = try load(model).graph
        #expect(again.nodes.map(\.operatorName) == ["Relu", "Clip"])
        #expect(again.nodes.map(\.opset) == [21, 6])
        #expect(again.nodes[1].outputs == ["y"])
    }

    @Test("large weights can go to a second file")
    func externalWeights() throws {
        let folder = try TemporaryFolder()
        let weight = try Tensor((0..<5000).map { Float($0) }, shape: [5000])
        let graph = Graph(
            inputs: [Value("x", .tensor(.float32, [5000]))], outputs: [Value("y", .tensor(.float32, [5000]))],
            nodes: [Node("Add", opset: 21, inputs: ["x", "w"], outputs: ["y"])],
            constants: ["w": weight, "v": weight], opsets: ["": 21])
        let path = folder.path + "/model.onnx"
        try ONNXExporter(externalDataThresholdBytes: 1024).export(graph, to: path)
        let read = try ONNXImporter(catalogue: nil).importModel(path: path).graph
        #expect(try read.constants["w"]?.array(of: Float.self) == weight.array(of: Float.self))
        #expect(try read.constants["v"]?.array(of: Float.self) == weight.array(of: Float.self))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "model.onnx", "model.onnx.data",
            ])
        // Written over the files its weights are mapped from.
        try ONNXExporter().export(read, to: path)
        let third = try ONNXImporter(catalogue: nil).importModel(path: path).graph
        #expect(try third.constants["w"]?.array(of: Float.self) == weight.array(of: Float.self))
    }

    @Test("says which file cannot be written")
    func unwritable() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: ExportError.self) {
            try ONNXExporter().export(Graph(), to: folder.path + "/missing/model.onnx")
        }
        #expect(error?.code == .file)
        #expect(error?.message.contains("missing/model.onnx") == true)
    }
}
