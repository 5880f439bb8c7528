// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// Infers the types of all values, subgraphs included, and replaces nodes whose outputs do not depend on inputs.
package struct ConstantFolding: WholeGraphPass {
    private let byteLimit: Int?
    private let keptOperators: Set<String>

    /// Folds values of at most `byteLimit` bytes (nil: the context's limit) and none that a kept operator makes.
    ///
    /// A value that is no larger than the constants it is made from is folded whatever its size.
    package init(byteLimit: Int? = nil, keeping keptOperators: Set<String> = []) {
        self.byteLimit = byteLimit
        self.keptOperators = keptOperators
    }

    package func transform(
        _ graph: inout Graph, names: NameSource, _ context: PassContext
    ) throws(PassError) -> Bool {
        var options = context.inference
        options.evaluatedByteLimit = byteLimit ?? context.foldedByteLimit
        options.evaluatesWithinInputSize = true
        options.unevaluated.formUnion(keptOperators)
        let facts = graph.inferred(options)
        var result = graph.annotated(with: facts)
        let isChanged = try fold(&result, facts, names, context)
        if isChanged {
            try verify(result, context)
            context.trace?(.changed(pass: name))
        }
        graph = result
        return isChanged
    }

    private func fold(
        _ graph: inout Graph, _ facts: GraphFacts, _ names: NameSource, _ context: PassContext
    ) throws(PassError) -> Bool {
        var isChanged = false
        for (position, inner) in facts.subgraphs {
            var remaining = inner[...]
            var node = graph.nodes[position]
            try node.mapSubgraphs { (body) throws(PassError) in
                guard let first = remaining.popFirst() else { return body }
                var body = body
                if try fold(&body, first, names, context) { isChanged = true }
                return body
            }
            graph.nodes[position] = node
        }
        var patch = Patch(names: names, catalogue: context.catalogue)
        for (position, node) in graph.nodes.enumerated() where node.isDeterministic {
            let made = node.outputs.filter { !$0.isEmpty }
            let constants = made.compactMap { facts.values[$0]?.constant }
            guard constants.count == made.count, !made.isEmpty, !keptOperators.contains(node.qualifiedName) else {
                continue
            }
            for (name, tensor) in zip(made, constants) { patch.defineConstant(name, tensor) }
            patch.remove(position)
        }
        guard !patch.isEmpty else { return isChanged }
        do { try graph.apply(patch) } catch { throw PassError(pass: name, reason: "\(error)") }
        return true
    }
}
