// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension Catalogue {
    /// Makes the node's operation from its operator name, version and attributes.
    ///
    /// - Throws: ``ComputeError`` with code `unsupported` for an operator this catalogue does not know, `value` for a
    ///   wrong number of inputs or outputs, and whatever the operator refuses in the attributes.
    package func resolve(_ node: inout Node) throws(ComputeError) {
        guard let type = find(node.operatorName, domain: node.domain) else { throw unknown(node) }
        let schema = type.schema
        guard node.opset >= schema.since else {
            let domain = schema.domain.isEmpty ? "ai.onnx" : schema.domain
            throw .unsupported(
                "\(node.qualifiedName) is in \(domain) since \(schema.since), the node's is \(node.opset)")
        }
        try Catalogue.checkCount(node.inputs.count, schema.inputs, "inputs", node)
        try Catalogue.checkCount(node.outputs.count, schema.outputs, "outputs", node)
        node.operation = try type.init(NodeReader(node))
    }

    private static func checkCount(
        _ count: Int, _ range: ClosedRange<Int>, _ what: String, _ node: Node
    ) throws(ComputeError) {
        guard !range.contains(count) else { return }
        let expected =
            if range.lowerBound == range.upperBound { "\(range.lowerBound)" } else if range.upperBound == Int.max {
                "at least \(range.lowerBound)"
            } else { "\(range.lowerBound) to \(range.upperBound)" }
        throw .value("\(node.qualifiedName) takes \(expected) \(what), the node has \(count)")
    }

    private func unknown(_ node: Node) -> ComputeError {
        let nearest = nearestNames(to: node.operatorName, domain: node.domain)
        let hint = nearest.isEmpty ? "" : "; nearest known: " + nearest.joined(separator: ", ")
        return .unsupported("unknown operator \(node.qualifiedName), opset \(node.opset)\(hint)")
    }

    /// Known operators whose names are a few letters away, nearest first.
    package func nearestNames(to name: String, domain: String, limit: Int = 3) -> [String] {
        guard name.utf8.count <= 64 else { return [] }
        let most = Swift.max(1, name.utf8.count / 3)
        var found: [(distance: Int, name: String)] = []
        for schema in schemas {
            let distance = Catalogue.distance(name.lowercased(), schema.name.lowercased())
            guard distance <= most else { continue }
            found.append((distance, schema.domain.isEmpty ? schema.name : "\(schema.domain).\(schema.name)"))
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
    }

    private static func distance(_ first: String, _ second: String) -> Int {
        let first = Array(first.utf8)
        let second = Array(second.utf8)
        var row = Array(0...second.count)
        for (index, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in second.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[second.count]
    }
}
