// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// A graph with the tables that passes, rules and lowering ask: who makes a value, who reads it, what is known of it.
package struct GraphIndex: Sendable {
    /// The graph as it was when the index was made.
    package let graph: Graph
    /// What the graph sees of the graphs around it.
    package let scope: Scope
    /// The position of the node that makes each value.
    package let producers: [String: Int]
    /// The positions of the nodes that read each value, captures included.
    package let consumers: [String: [Int]]
    private let outputNames: Set<String>
    private let inputTypes: [String: ValueType]

    /// Indexes a graph.
    package init(_ graph: Graph, scope: Scope = Scope()) {
        self.graph = graph
        self.scope = scope
        producers = graph.producers
        consumers = graph.consumers
        outputNames = Set(graph.outputs.map(\.name))
        inputTypes = Dictionary(graph.inputs.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    }

    /// The node that makes a value, or nil for an input, a constant or a value from outside.
    package func producer(of name: String) -> Node? { producers[name].map { graph.nodes[$0] } }

    /// The contents of a value that is a constant here or around.
    package func constant(_ name: String) -> Tensor? { graph.constants[name] ?? scope.constants[name] }

    /// What is known of a value.
    package func type(of name: String) -> ValueType {
        if let type = graph.types[name], type != .unknown { return type }
        if let tensor = constant(name) { return .tensor(tensor.elementType, tensor.shape.map { Dimension($0) }) }
        return inputTypes[name] ?? scope.types[name] ?? .unknown
    }

    /// The sizes of a tensor value, where its rank is known.
    package func dimensions(of name: String) -> [Dimension]? { type(of: name).dimensions }

    /// The element type of a tensor value, where it is known.
    package func elementType(of name: String) -> ElementType? { type(of: name).elementType }

    /// Whether the value is handed out by the graph.
    package func isOutput(_ name: String) -> Bool { outputNames.contains(name) }

    /// How many nodes read the value; being an output counts as one more.
    package func useCount(_ name: String) -> Int { (consumers[name]?.count ?? 0) + (isOutput(name) ? 1 : 0) }

    /// Whether the name must stay on the value: an output, an input or a value of an enclosing graph.
    package func isFixed(_ name: String) -> Bool {
        isOutput(name) || (producers[name] == nil && graph.constants[name] == nil)
    }

    /// The one node that reads the value, if there is exactly one and the graph does not hand the value out.
    package func onlyConsumer(of name: String) -> Int? {
        guard !isOutput(name), let found = consumers[name], found.count == 1 else { return nil }
        return found[0]
    }
}
