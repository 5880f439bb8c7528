// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Changes to a graph, collected beside it and applied in one step: the only way to edit a graph.
///
/// Redirected reads are redirected in added nodes too.
package struct Patch {
    /// Makes names for new values.
    package let names: NameSource
    /// Makes the operations of new nodes.
    package let catalogue: Catalogue
    /// New nodes with the position they must come before, in order.
    package private(set) var added: [(node: Node, before: Int)] = []
    /// New constants.
    package private(set) var constants: [String: Tensor] = [:]
    /// Values to read instead of others.
    package private(set) var redirects: [String: String] = [:]
    /// Positions of nodes that go.
    package private(set) var removed: Set<Int> = []
    /// Nodes that take the place of others.
    package private(set) var replaced: [Int: Node] = [:]
    /// What was found out about values.
    package private(set) var types: [String: ValueType] = [:]
    /// Constants that nothing reads any more.
    package private(set) var removedConstants: Set<String> = []
    /// Positions of nodes that another edit of the same sweep must not build on.
    package private(set) var touched: Set<Int> = []

    /// An empty patch.
    package init(names: NameSource, catalogue: Catalogue) {
        self.names = names
        self.catalogue = catalogue
    }

    /// Whether there is nothing to apply, types aside.
    package var isEmpty: Bool {
        added.isEmpty && constants.isEmpty && redirects.isEmpty && removed.isEmpty && replaced.isEmpty
            && removedConstants.isEmpty
    }

    /// Adds a constant under a new name that begins with the hint.
    package mutating func addConstant(_ tensor: Tensor, _ hint: String) -> String {
        let name = names.fresh(hint)
        constants[name] = tensor
        return name
    }

    /// Adds a node before the one at the given position.
    ///
    /// - Throws: ``ComputeError`` when the catalogue cannot resolve it.
    package mutating func add(_ node: Node, before position: Int) throws(ComputeError) {
        var node = node
        try catalogue.resolve(&node)
        added.append((node, position))
    }

    /// Adds a node as it is before the one at the given position.
    package mutating func add(resolved node: Node, before position: Int) { added.append((node, position)) }

    /// Adds a node with one new output before the one at the given position and returns the output's name.
    ///
    /// - Throws: ``ComputeError`` when the catalogue cannot resolve it.
    package mutating func add(
        _ operatorName: String, domain: String = "", opset: Int, _ inputs: [String],
        attributes: [String: Attribute] = [:], hint: String, type: ValueType = .unknown, before position: Int
    ) throws(ComputeError) -> String {
        let output = names.fresh(hint)
        let node = Node(
            operatorName, domain: domain, opset: opset, inputs: inputs, outputs: [output], attributes: attributes)
        try add(node, before: position)
        if type != .unknown { types[output] = type }
        return output
    }

    /// Puts a node in the place of another; a node without operation is resolved.
    ///
    /// - Throws: ``ComputeError`` when the catalogue cannot resolve it.
    package mutating func replace(_ position: Int, with node: Node) throws(ComputeError) {
        var node = node
        if node.operation == nil { try catalogue.resolve(&node) }
        replaced[position] = node
        touched.insert(position)
    }

    /// Puts a node in the place of another that nobody needs to understand yet.
    package mutating func replaceUnresolved(_ position: Int, with node: Node) {
        replaced[position] = node
        touched.insert(position)
    }

    /// Makes everything that reads one value read another.
    package mutating func redirect(_ old: String, to new: String) { redirects[old] = new }

    /// Removes the node at a position; its outputs must have been redirected or be unread.
    package mutating func remove(_ position: Int) {
        removed.insert(position)
        touched.insert(position)
    }

    /// Removes a constant that nothing reads.
    package mutating func removeConstant(_ name: String) { removedConstants.insert(name) }

    /// Makes a constant of a value whose node is removed in the same patch.
    package mutating func defineConstant(_ name: String, _ tensor: Tensor) { constants[name] = tensor }

    /// Gives a value's contents, so that the node that makes it is not needed for it.
    package mutating func makeConstant(_ name: String, _ tensor: Tensor) {
        redirect(name, to: addConstant(tensor, name))
    }

    /// Notes what is known of a value.
    package mutating func setType(_ name: String, _ type: ValueType) { types[name] = type }

    /// Keeps other edits of the same sweep off a node.
    package mutating func touch(_ positions: some Sequence<Int>) { touched.formUnion(positions) }

    /// Takes over the changes of another patch that shares the names.
    package mutating func merge(_ other: Patch) {
        added += other.added
        constants.merge(other.constants) { $1 }
        redirects.merge(other.redirects) { $1 }
        removed.formUnion(other.removed)
        replaced.merge(other.replaced) { $1 }
        types.merge(other.types) { $1 }
        removedConstants.formUnion(other.removedConstants)
        touched.formUnion(other.touched)
    }
}
