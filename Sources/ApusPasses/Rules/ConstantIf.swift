// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// `If(constant)` is the branch taken.
package struct ConstantIf: Rule {
    package let pattern = op("If", .constant("condition"))

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        let node = index.graph.nodes[match.root]
        guard let condition = index.constant(match.value("condition")), let taken = try? condition.scalarInteger()
        else {
            throw Refusal("the condition is not one truth value")
        }
        guard case .graph(let branch)? = node.attributes[taken != 0 ? "then_branch" : "else_branch"],
            branch.outputs.count >= node.outputs.count
        else { throw Refusal("the branch is missing") }
        var names: [String: String] = [:]
        for name in branch.definedNames.sorted() { names[name] = edit.freshName(name) }
        let renamed = branch.renamingDefinedNames(names)
        for (name, tensor) in renamed.constants { edit.defineConstant(name, tensor) }
        for (name, type) in renamed.types { edit.setType(name, type) }
        for inner in renamed.nodes { edit.add(resolved: inner) }
        for (output, made) in zip(node.outputs, renamed.outputs) where !output.isEmpty {
            edit.redirect(output, to: made.name)
        }
        edit.remove(match.root)
    }
}
