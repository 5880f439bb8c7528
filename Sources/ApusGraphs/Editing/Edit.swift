// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The patch of one rule at one place.
package struct Edit {
    /// The changes so far.
    package private(set) var patch: Patch
    /// What the rule works with.
    package let context: PassContext
    private let match: Match
    private let index: GraphIndex
    private var graph: Graph { index.graph }

    /// An empty edit.
    package init(_ match: Match, _ index: GraphIndex, names: NameSource, context: PassContext) {
        patch = Patch(names: names, catalogue: context.catalogue)
        self.match = match
        self.index = index
        self.context = context
    }

    /// The version of a domain's operator set that a new node is written for.
    ///
    /// - Throws: ``Refusal`` when the graph is too old for an operator that came with version `since`.
    package func opset(_ domain: String = "", since: Int = 1) throws(Refusal) -> Int {
        let declared = graph.opsets[domain] ?? graph.nodes[match.root].opset
        let own =
            domain.isEmpty
            ? max(declared, graph.nodes[match.root].domain.isEmpty ? graph.nodes[match.root].opset : 0) : declared
        if own >= since { return own }
        guard context.allowsNewestOpset else { throw Refusal("operator set \(own) is older than \(since)") }
        return since
    }

    /// Adds a constant.
    package mutating func constant(_ tensor: Tensor, _ hint: String) -> String { patch.addConstant(tensor, hint) }

    /// Adds a constant, where making the tensor may fail.
    ///
    /// - Throws: ``Refusal`` when it does.
    package mutating func constant(
        _ hint: String, _ make: () throws(ComputeError) -> Tensor
    ) throws(Refusal) -> String {
        do { return patch.addConstant(try make(), hint) } catch { throw Refusal("\(error)") }
    }

    /// Adds a node before the root and returns its output.
    ///
    /// - Throws: ``Refusal`` when the catalogue cannot make it.
    package mutating func add(
        _ operatorName: String, domain: String = "", opset: Int, _ inputs: [String],
        attributes: [String: Attribute] = [:], hint: String, type: ValueType = .unknown
    ) throws(Refusal) -> String {
        do {
            return try patch.add(
                operatorName, domain: domain, opset: opset, inputs, attributes: attributes, hint: hint, type: type,
                before: match.root)
        } catch {
            throw Refusal("\(operatorName) cannot be made: \(error)")
        }
    }

    /// Puts a node in the place of the root: it makes the root's first output.
    ///
    /// - Throws: ``Refusal`` when the catalogue cannot make it.
    package mutating func replaceRoot(
        _ operatorName: String, domain: String = "", opset: Int, _ inputs: [String],
        attributes: [String: Attribute] = [:]
    ) throws(Refusal) {
        let root = graph.nodes[match.root]
        try replaceRoot(
            Node(
                operatorName, domain: domain, opset: opset, name: root.name, inputs: inputs,
                outputs: Array(root.outputs.prefix(1)), attributes: attributes))
    }

    /// Puts a node in the place of the root.
    ///
    /// - Throws: ``Refusal`` when the catalogue cannot make it.
    package mutating func replaceRoot(_ node: Node) throws(Refusal) { try replace(match.root, with: node) }

    /// Puts a node in the place of another.
    ///
    /// - Throws: ``Refusal`` when the catalogue cannot make it.
    package mutating func replace(_ position: Int, with node: Node) throws(Refusal) {
        do { try patch.replace(position, with: node) } catch {
            throw Refusal("\(node.qualifiedName) cannot be made: \(error)")
        }
    }

    /// Removes the root: what reads its first output reads the given value instead.
    ///
    /// - Throws: ``Refusal`` when neither name may go.
    package mutating func redirectRoot(to name: String) throws(Refusal) {
        let output = graph.nodes[match.root].outputs[0]
        guard !index.isOutput(output) || !index.isFixed(name) || index.graph.constants[name] != nil else {
            throw Refusal("both names are fixed")
        }
        patch.redirect(output, to: name)
        patch.remove(match.root)
    }

    /// Makes a constant of a value whose node is removed.
    package mutating func defineConstant(_ name: String, _ tensor: Tensor) { patch.defineConstant(name, tensor) }

    /// Adds a node before the root that keeps its own outputs.
    package mutating func add(resolved node: Node) { patch.add(resolved: node, before: match.root) }

    /// Makes a value name that is not used yet.
    package func freshName(_ hint: String) -> String { patch.names.fresh(hint) }

    /// Notes what is known of a value.
    package mutating func setType(_ name: String, _ type: ValueType) { patch.setType(name, type) }

    /// Makes everything that reads one value read another.
    package mutating func redirect(_ old: String, to new: String) { patch.redirect(old, to: new) }

    /// Removes a node.
    package mutating func remove(_ position: Int) { patch.remove(position) }

    /// Keeps other edits of the sweep off nodes outside the match.
    package mutating func touch(_ positions: some Sequence<Int>) { patch.touch(positions) }

    /// The patch, keeping other edits of the sweep off the match.
    package consuming func finish() -> Patch {
        patch.touch(match.positions)
        return patch
    }
}
