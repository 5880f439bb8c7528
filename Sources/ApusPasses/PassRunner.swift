// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// A pass that went wrong: a fault of ours, which leaves the graph as it was.
package struct PassError: Error, Sendable, CustomStringConvertible {
    /// The pass.
    package var pass: String
    /// What went wrong.
    package var reason: String

    /// Pass and reason in one line.
    package var description: String { "pass \(pass): \(reason)" }
}

/// A step that transforms a graph and its subgraphs together.
package protocol WholeGraphPass: Sendable {
    /// The name in messages and traces.
    var name: String { get }

    /// Transforms the graph and says whether anything but types changed.
    ///
    /// - Throws: ``PassError``.
    func transform(_ graph: inout Graph, names: NameSource, _ context: PassContext) throws(PassError) -> Bool
}

extension WholeGraphPass {
    /// The type's name.
    package var name: String { "\(Self.self)" }
}

/// Runs a pass on a graph, its subgraphs first, and verifies the result.
package struct PassRunner: WholeGraphPass {
    private let pass: any Pass

    /// Runs the given pass.
    package init(_ pass: any Pass) { self.pass = pass }

    /// The name of the pass.
    package var name: String { pass.name }

    package func transform(
        _ graph: inout Graph, names: NameSource, _ context: PassContext
    ) throws(PassError) -> Bool {
        var result = graph
        let isChanged = try run(on: &result, scope: Scope(), names, context)
        if isChanged {
            try verify(result, context)
            context.trace?(.changed(pass: name))
        }
        graph = result
        return isChanged
    }

    private func run(
        on graph: inout Graph, scope: Scope, _ names: NameSource, _ context: PassContext
    ) throws(PassError) -> Bool {
        var isChanged = false
        if graph.nodes.contains(where: { !$0.subgraphs.isEmpty }) {
            let inner = scope.entering(graph)
            for index in graph.nodes.indices where !graph.nodes[index].subgraphs.isEmpty {
                var isBodyChanged = false
                var node = graph.nodes[index]
                try node.mapSubgraphs { (body) throws(PassError) in
                    var body = body
                    let changed = try run(on: &body, scope: inner, names, context)
                    isBodyChanged = isBodyChanged || changed
                    return body
                }
                if isBodyChanged {
                    graph.nodes[index] = node
                    isChanged = true
                }
            }
        }
        var patch = Patch(names: names, catalogue: context.catalogue)
        do {
            try pass.edit(GraphIndex(graph, scope: scope), &patch, context)
            guard !patch.isEmpty else { return isChanged }
            try graph.apply(patch)
        } catch {
            throw PassError(pass: name, reason: "\(error)")
        }
        return true
    }
}

extension WholeGraphPass {
    /// Checks the laws where the context asks for it.
    func verify(_ graph: Graph, _ context: PassContext) throws(PassError) {
        guard context.verifies else { return }
        do { try Verifier(requiresOperations: false).verify(graph) } catch {
            throw PassError(pass: name, reason: "\(error)")
        }
    }
}
