// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusONNX
import ApusTensors

/// How two models differ in what they take, do and know.
struct ModelDifference {
    /// One line of difference.
    private struct Line {
        var what: String
        var first: String
        var second: String
    }

    private var lines: [Line] = []

    /// Compares two reports.
    init(_ first: ModelReport, _ second: ModelReport) {
        compare("opset", opsets(first), opsets(second))
        compare("input", types(first.graph.inputs), types(second.graph.inputs))
        compare("output", types(first.graph.outputs), types(second.graph.outputs))
        compare("operator", counts(first), counts(second))
        compare("constant", constants(first.graph), constants(second.graph))
        compare("node", nodes(first.graph), nodes(second.graph))
        compare("metadata", metadata(first), metadata(second))
    }

    /// Whether nothing differs.
    var isEmpty: Bool { lines.isEmpty }

    private mutating func compare(_ what: String, _ first: [String: String], _ second: [String: String]) {
        for name in Set(first.keys).union(second.keys).sorted() where first[name] != second[name] {
            lines.append(Line(what: "\(what) \(name)", first: first[name] ?? "-", second: second[name] ?? "-"))
        }
    }

    private func opsets(_ report: ModelReport) -> [String: String] {
        Dictionary(report.properties.opsets.map { ($0.key.isEmpty ? "ai.onnx" : $0.key, String($0.value)) }) { $1 }
    }

    private func types(_ values: [Value]) -> [String: String] {
        Dictionary(values.map { ($0.name, $0.type.description) }) { $1 }
    }

    private func counts(_ report: ModelReport) -> [String: String] {
        Dictionary(report.histogram.map { ($0.name, String($0.count)) }) { $1 }
    }

    private func constants(_ graph: Graph) -> [String: String] {
        graph.constants.mapValues { tensor in
            tensor.elementType == .string
                ? "\(tensor) \(tensor.strings.hashValue)" : "\(tensor) \(Checksum.text(tensor))"
        }
    }

    private func nodes(_ graph: Graph) -> [String: String] {
        var result: [String: String] = [:]
        for node in graph.nodes {
            let name = node.outputs.first { !$0.isEmpty } ?? node.name
            result[name] = "\(node.qualifiedName)(\(node.inputs.joined(separator: ", ")))"
        }
        return result
    }

    private func metadata(_ report: ModelReport) -> [String: String] {
        Dictionary(report.properties.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// One line for each difference.
    var text: String {
        guard !isEmpty else { return "no difference" }
        var table = Table(["", "first", "second"], [.left, .left, .left])
        for line in lines { table.add([line.what, String(line.first.prefix(80)), String(line.second.prefix(80))]) }
        return table.text
    }

    /// The same as an array.
    var json: JSONValue {
        .array(
            lines.map { .object(["what": .string($0.what), "first": .string($0.first), "second": .string($0.second)]) })
    }
}

/// A short name for a tensor's contents.
enum Checksum {
    /// The FNV-1a hash of the bytes in hexadecimal.
    static func text(_ tensor: Tensor) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        let bytes = tensor.bytes
        for offset in 0..<bytes.byteCount {
            // SAFETY: offsets below byteCount lie in the span.
            hash = (hash ^ UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))) &* 0x100_0000_01B3
        }
        return String(hash, radix: 16)
    }
}
