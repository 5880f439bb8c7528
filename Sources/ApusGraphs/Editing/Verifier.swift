// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// What is wrong with a graph.
package struct VerifierError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The law that is broken.
    package enum Code: String, Hashable, Sendable {
        /// A name stands for two values.
        case duplicateName
        /// A name is read that nothing makes.
        case danglingName
        /// A node reads what a later node makes.
        case order
        /// A node has no operation, or one it cannot have.
        case unresolved
        /// Two statements about a value's type disagree.
        case type
        /// Subgraphs are nested too deeply.
        case depth
    }

    /// The law that is broken.
    package var code: Code
    /// Which value or node breaks it.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The law and who breaks it, in one line.
    package var description: String { "\(code.rawValue): \(message)" }
}

/// Checks that a graph keeps the laws of the intermediate form.
package struct Verifier: Sendable {
    /// Whether every node must have an operation.
    package var requiresOperations: Bool

    /// Makes a verifier.
    package init(requiresOperations: Bool = true) { self.requiresOperations = requiresOperations }

    /// Checks a graph that nothing encloses, and its subgraphs.
    ///
    /// - Throws: ``VerifierError`` for the first broken law.
    package func verify(_ graph: Graph) throws(VerifierError) { try verify(graph, outside: [], depth: 0) }

    private func verify(_ graph: Graph, outside: Set<String>, depth: Int) throws(VerifierError) {
        guard depth <= 64 else { throw VerifierError(.depth, "subgraphs are nested more than 64 deep") }
        var known = outside
        func define(_ name: String, _ what: String) throws(VerifierError) {
            guard !name.isEmpty else {
                throw VerifierError(.danglingName, "\(what) of graph '\(graph.name)' has no name")
            }
            guard known.insert(name).inserted else { throw VerifierError(.duplicateName, "'\(name)' (\(what))") }
        }
        for input in graph.inputs { try define(input.name, "an input") }
        for name in graph.constants.keys.sorted() { try define(name, "a constant") }
        let made = Set(graph.nodes.flatMap(\.outputs))
        for node in graph.nodes {
            for name in node.reads where !known.contains(name) {
                guard made.contains(name) else {
                    throw VerifierError(.danglingName, "\(Verifier.label(node)) reads '\(name)', which nothing makes")
                }
                throw VerifierError(.order, "\(Verifier.label(node)) reads '\(name)' before it is made")
            }
            try check(node)
            for (_, subgraph) in node.subgraphs { try verify(subgraph, outside: known, depth: depth + 1) }
            for output in node.outputs where !output.isEmpty {
                try define(output, "an output of \(node.qualifiedName)")
            }
        }
        for output in graph.outputs {
            guard known.contains(output.name) else {
                throw VerifierError(.danglingName, "nothing makes the output '\(output.name)'")
            }
            try checkType(graph, output)
        }
        try checkConstants(graph)
    }

    private func check(_ node: Node) throws(VerifierError) {
        guard requiresOperations else { return }
        guard let operation = node.operation else {
            throw VerifierError(.unresolved, "\(Verifier.label(node)) has no operation")
        }
        let schema = type(of: operation).schema
        guard schema.name == node.operatorName, schema.domain == node.domain else {
            throw VerifierError(.unresolved, "\(Verifier.label(node)) has the operation of \(schema.name)")
        }
        guard schema.inputs.contains(node.inputs.count), schema.outputs.contains(node.outputs.count) else {
            throw VerifierError(.unresolved, "\(Verifier.label(node)) has a number of inputs or outputs it cannot have")
        }
    }

    private func checkType(_ graph: Graph, _ output: Value) throws(VerifierError) {
        guard let declared = output.type.elementType, let found = graph.types[output.name]?.elementType,
            declared != found
        else { return }
        throw VerifierError(.type, "output '\(output.name)' is declared \(declared.name) and is \(found.name)")
    }

    private func checkConstants(_ graph: Graph) throws(VerifierError) {
        for (name, tensor) in graph.constants {
            guard case .tensor(let elementType, let dimensions)? = graph.types[name] else { continue }
            let fits =
                elementType == tensor.elementType
                && (dimensions.map { sizes in
                    sizes.count == tensor.shape.rank && zip(sizes, tensor.shape).allSatisfy { $0.value ?? $1 == $1 }
                } ?? true)
            guard fits else {
                throw VerifierError(
                    .type, "constant '\(name)' is \(tensor) and noted as \(ValueType.tensor(elementType, dimensions))")
            }
        }
    }

    private static func label(_ node: Node) -> String {
        node.name.isEmpty
            ? "\(node.qualifiedName) -> \(node.outputs.first ?? "")" : "'\(node.name)' (\(node.qualifiedName))"
    }
}
