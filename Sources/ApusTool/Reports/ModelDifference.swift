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
        Dictionary(report.opsets.map { ($0.domain, String($0.version)) }) { $1 }
    }

    private func types(_ values: [Value]) -> [String: String] {
        Dictionary(values.map { ($0.name, $0.type.description) }) { $1 }
    }

    private func counts(_ report: ModelReport) -> [String: String] {
        Dictionary(report.histogram.map { ($0.name, String($0.count)) }) { $1 }
    }

    private func constants(_ graph: Graph) -> [String: String] {
        graph.constants.mapValues { tensor in
            "\(tensor) \(Checksum.text(tensor))"
        }
    }

    private func nodes(_ graph: Graph) -> [String: String] {
        let printer = GraphPrinter(showsTypes: false)
        return Dictionary(
            graph.nodes.map { node in
                (node.outputs.first { !$0.isEmpty } ?? node.name, printer.text(of: node, in: graph))
            }
        ) { $1 }
    }

    private func metadata(_ report: ModelReport) -> [String: String] {
        Dictionary(report.properties.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// One line for each difference.
    var text: String {
        guard !isEmpty else { return "no difference" }
        var table = Table(["", "first", "second"], [.left, .left, .left])
        for line in lines {
            let shared = zip(line.first, line.second).prefix { $0 == $1 }.count
            table.add([line.what, shortened(line.first, shared: shared), shortened(line.second, shared: shared)])
        }
        return table.text
    }

    /// At most 80 characters, around the place where the two begin to differ.
    private func shortened(_ text: String, shared: Int) -> String {
        guard text.count > 80 else { return text }
        let start = max(0, min(shared - 20, text.count - 80))
        return (start > 0 ? "..." : "") + text.dropFirst(start).prefix(80) + (start + 80 < text.count ? "..." : "")
    }

    /// The same as an array.
    var json: JSONValue {
        .array(
            lines.map { .object(["what": .string($0.what), "first": .string($0.first), "second": .string($0.second)]) })
    }
}

/// A short name for a tensor's contents.
enum Checksum {
    /// The FNV-1a hash of the bytes in hexadecimal; texts end in a byte that UTF-8 has not.
    static func text(_ tensor: Tensor) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if tensor.elementType == .string {
            for text in tensor.strings { (Array(text.utf8) + [0xFF]).forEach(add) }
        } else {
            let bytes = tensor.bytes
            // SAFETY: offsets below byteCount lie in the span.
            for offset in 0..<bytes.byteCount { add(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) }
        }
        return String(hash, radix: 16)
    }
}
