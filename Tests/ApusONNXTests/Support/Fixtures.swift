// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import FoundationEssentials
import Glibc

/// A folder of its own that is removed with the object.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = "/tmp/apus-onnx-\(getpid())-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }
}

/// An operator that takes one or two inputs, for tests of the importer alone.
struct Relu: Operator {
    static let schema = Schema("Relu", since: 6, inputs: 1...2)
    init(_ node: NodeReader) throws(ComputeError) {
        if try node.integer("refuse", default: 0) != 0 { throw .attribute("'refuse' is set") }
    }
    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {}
}

struct Identity: Operator {
    static let schema = Schema("Identity", since: 1, inputs: 1...1)
    init(_ node: NodeReader) throws(ComputeError) {}
    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {}
}

let testCatalogue = Catalogue([Relu.self, Identity.self])

extension OracleModel {
    /// A model of the given nodes that reads `x` and makes `y`.
    init(_ nodes: [OracleNode], _ change: (inout OracleGraph) -> Void = { _ in }) {
        self.init()
        opsets = [OracleOpset(domain: "", version: 21)]
        var graph = OracleGraph()
        graph.nodes = nodes
        graph.inputs = [OracleValue("x")]
        graph.outputs = [OracleValue("y")]
        change(&graph)
        self.graph = [graph]
    }
}

func load(
    _ model: OracleModel, catalogue: Catalogue? = nil, options: ImportOptions = ImportOptions(), folder: String? = nil
) throws -> ImportedModel {
    try ONNXImporter(catalogue: catalogue, options: options).importModel(bytes: model.serialized(), folder: folder)
}

/// The error of loading the model.
func refusal(
    _ model: OracleModel, catalogue: Catalogue? = nil, options: ImportOptions = ImportOptions(), folder: String? = nil
) throws -> ImportError? {
    do {
        _ = try load(model, catalogue: catalogue, options: options, folder: folder)
        return nil
    } catch let error as ImportError {
        return error
    }
}

func refusal(bytes: [UInt8]) -> ImportError? {
    do {
        _ = try ONNXImporter(catalogue: nil).importModel(bytes: bytes)
        return nil
    } catch {
        return error
    }
}
