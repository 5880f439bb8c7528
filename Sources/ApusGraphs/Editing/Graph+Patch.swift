// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a patch could not be applied.
package enum PatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A value would have to be computed from itself.
    case cycle(String)

    /// The reason in one line.
    package var description: String {
        switch self {
        case .cycle(let name): "value '\(name)' depends on itself"
        }
    }
}

extension Graph {
    /// Carries out a patch in one step and restores an order in which the nodes can run.
    ///
    /// - Throws: ``PatchError``, leaving the graph as it was.
    package mutating func apply(_ patch: Patch) throws(PatchError) {
        var result = self
        var redirects = try patch.resolvedRedirects()
        result.constants.merge(patch.constants) { $1 }
        result.types.merge(patch.types) { $1 }
        var nodes = result.nodesChanged(by: patch)

        var renames: [String: String] = [:]
        result.settleOutputs(&nodes, &redirects, &renames, patch.names)
        for (old, new) in redirects {
            if let type = result.types[old], (result.types[new] ?? .unknown) == .unknown { result.types[new] = type }
        }
        for (old, new) in renames {
            if let type = result.types.removeValue(forKey: old), type != .unknown { result.types[new] = type }
        }
        for (old, new) in redirects { redirects[old] = renames[new] ?? new }
        redirects.merge(renames) { first, _ in first }
        if !redirects.isEmpty {
            nodes = nodes.map { $0.renamingReads(redirects) }
        }
        for index in nodes.indices where !renames.isEmpty {
            nodes[index].outputs = nodes[index].outputs.map { renames[$0] ?? $0 }
        }
        for name in patch.removedConstants { result.constants[name] = nil }
        result.nodes = try Graph.ordered(nodes)
        self = result
    }

    private func nodesChanged(by patch: Patch) -> [Node] {
        var addedBefore: [Int: [Node]] = [:]
        for (node, position) in patch.added { addedBefore[position, default: []].append(node) }
        var result: [Node] = []
        result.reserveCapacity(nodes.count + patch.added.count)
        for (index, node) in nodes.enumerated() {
            result += addedBefore[index] ?? []
            if let replacement = patch.replaced[index] {
                result.append(replacement)
            } else if !patch.removed.contains(index) {
                result.append(node)
            }
        }
        return result + (addedBefore[nodes.count] ?? [])
    }

    /// Keeps the names of outputs that are redirected, by renaming what they are redirected to.
    private mutating func settleOutputs(
        _ nodes: inout [Node], _ redirects: inout [String: String], _ renames: inout [String: String],
        _ names: NameSource
    ) {
        let outputNames = Set(outputs.map(\.name))
        let affected = outputs.map(\.name).filter { redirects[$0] != nil }
        guard !affected.isEmpty else { return }
        let old = Set(affected)
        for index in nodes.indices {
            for position in nodes[index].outputs.indices where old.contains(nodes[index].outputs[position]) {
                nodes[index].outputs[position] = names.fresh(nodes[index].outputs[position])
            }
        }
        let produced = Set(nodes.flatMap(\.outputs))
        for name in affected {
            guard let target = redirects[name] else { continue }
            if let tensor = constants[target] {
                constants[name] = tensor
            } else if produced.contains(target), !outputNames.contains(target), renames[target] == nil {
                renames[target] = name
                redirects[name] = nil
            } else {
                var node = Node("Identity", opset: opsets[""] ?? 13, inputs: [target], outputs: [name])
                node.operation = IdentityCopy()
                nodes.append(node)
            }
        }
    }

    /// The nodes, each after the ones it reads from, moved only where they have to be.
    package static func ordered(_ nodes: [Node]) throws(PatchError) -> [Node] {
        var producers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { producers[output] = index }
        }
        let isOrdered = nodes.enumerated().allSatisfy { index, node in
            node.reads.allSatisfy { name in producers[name].map { $0 < index } ?? true }
        }
        if isOrdered { return nodes }
        var result: [Node] = []
        result.reserveCapacity(nodes.count)
        var state = [UInt8](repeating: 0, count: nodes.count)
        for start in nodes.indices where state[start] == 0 {
            var stack = [start]
            while let index = stack.last {
                if state[index] == 2 {
                    stack.removeLast()
                    continue
                }
                let waiting = nodes[index].reads.compactMap { producers[$0] }.filter { state[$0] != 2 }
                if waiting.isEmpty {
                    state[index] = 2
                    result.append(nodes[index])
                    stack.removeLast()
                } else {
                    guard state[index] == 0 else { throw .cycle(nodes[index].outputs.first ?? nodes[index].name) }
                    state[index] = 1
                    stack += waiting.reversed()
                }
            }
        }
        return result
    }
}

extension Patch {
    /// The redirects with every target followed to its end.
    fileprivate func resolvedRedirects() throws(PatchError) -> [String: String] {
        var result: [String: String] = [:]
        for (old, first) in redirects {
            var target = first
            var steps = 0
            while let next = redirects[target] {
                target = next
                steps += 1
                guard steps <= redirects.count else { throw .cycle(old) }
            }
            guard target != old else { throw .cycle(old) }
            result[old] = target
        }
        return result
    }
}
