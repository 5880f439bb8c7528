// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs

/// Puts nodes behind the ones they read from.
enum RunningOrder {
    /// The nodes in the order given, except where one reads what a later one makes.
    static func sorted(_ nodes: [Node]) throws(ImportError) -> [Node] {
        var producers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { producers[output] = index }
        }
        let sources = nodes.map { node in node.reads.compactMap { producers[$0] } }
        if sources.enumerated().allSatisfy({ index, sources in sources.allSatisfy { $0 < index } }) { return nodes }

        enum State { case waiting, open, placed }
        var states = [State](repeating: .waiting, count: nodes.count)
        var order: [Node] = []
        for start in nodes.indices where states[start] == .waiting {
            states[start] = .open
            var path: [(node: Int, next: Int)] = [(start, 0)]
            while let (node, next) = path.last {
                guard next < sources[node].count else {
                    states[node] = .placed
                    order.append(nodes[node])
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let source = sources[node][next]
                switch states[source] {
                case .placed: continue
                case .waiting:
                    states[source] = .open
                    path.append((source, 0))
                case .open: throw cycle(path.map(\.node), from: source, nodes)
                }
            }
        }
        return order
    }

    private static func cycle(_ path: [Int], from start: Int, _ nodes: [Node]) -> ImportError {
        let members = path.drop { $0 != start }
        let names = members.prefix(8).map { index in
            let node = nodes[index]
            return (node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? node.operatorName : node.name).quoted
        }
        let rest = members.count > 8 ? " and \(members.count - 8) more" : ""
        return ImportError(.graph, "the nodes \(names.joined(separator: ", "))\(rest) form a cycle")
    }
}
