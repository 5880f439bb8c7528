// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// The node with the values it reads renamed, those its subgraphs capture included; its outputs stay.
    package func renamingReads(_ names: [String: String]) -> Node {
        var result = self
        for index in result.inputs.indices {
            if let name = names[result.inputs[index]] { result.inputs[index] = name }
        }
        if captures.contains(where: { names[$0] != nil }) {
            result.mapSubgraphs { $0.renamingFreeNames(names) }
        }
        return result
    }

    /// Replaces every subgraph; the operation stays, as renaming or simplifying a body does not change what it reads.
    package mutating func mapSubgraphs<Failure: Error>(_ transform: (Graph) throws(Failure) -> Graph) throws(Failure) {
        let kept = operation
        for (name, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
            switch attribute {
            case .graph(let graph): setAttribute(name, .graph(try transform(graph)))
            case .graphs(let graphs):
                var results: [Graph] = []
                for graph in graphs { results.append(try transform(graph)) }
                setAttribute(name, .graphs(results))
            default: continue
            }
        }
        operation = kept
    }
}

extension Graph {
    /// The graph with names that an enclosing graph provides renamed.
    package func renamingFreeNames(_ names: [String: String]) -> Graph {
        let own = definedNames
        let names = names.filter { !own.contains($0.key) }
        guard !names.isEmpty else { return self }
        var result = self
        result.nodes = nodes.map { $0.renamingReads(names) }
        for index in result.outputs.indices {
            if let name = names[result.outputs[index].name] { result.outputs[index].name = name }
        }
        for (old, new) in names {
            if let type = result.types.removeValue(forKey: old) { result.types[new] = type }
        }
        return result
    }

    /// The graph with every name defined in it renamed where the map says so, and free names left alone.
    package func renamingDefinedNames(_ names: [String: String]) -> Graph {
        func rename(_ name: String) -> String { names[name] ?? name }
        var result = self
        for index in inputs.indices { result.inputs[index].name = rename(inputs[index].name) }
        for index in outputs.indices { result.outputs[index].name = rename(outputs[index].name) }
        result.nodes = nodes.map { node in
            var node = node.renamingReads(names)
            node.outputs = node.outputs.map(rename)
            return node
        }
        result.constants = Dictionary(constants.map { (rename($0.key), $0.value) }, uniquingKeysWith: { $1 })
        result.types = Dictionary(types.map { (rename($0.key), $0.value) }, uniquingKeysWith: { $1 })
        return result
    }

    /// Names that are inputs, constants or outputs of nodes here.
    package var definedNames: Set<String> {
        var names = Set(inputs.map(\.name)).union(constants.keys)
        for node in nodes { for output in node.outputs where !output.isEmpty { names.insert(output) } }
        return names
    }

    /// Every name used here and in subgraphs at any depth.
    package var allNames: Set<String> {
        var names = definedNames.union(outputs.map(\.name))
        for node in nodes {
            names.formUnion(node.reads)
            for (_, graph) in node.subgraphs { names.formUnion(graph.allNames) }
        }
        return names
    }
}
