// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// What inference is told beside the graph.
package struct InferenceOptions: Sendable {
    /// Sizes of named dimensions.
    package var symbols: [String: Int] = [:]
    /// What is known of inputs beyond their declaration, by name.
    package var inputs: [String: InferredValue] = [:]
    /// The most bytes an output may take that is evaluated because all inputs are constant.
    package var evaluatedByteLimit = 65_536
    /// Whether an output may also be evaluated when it is no larger than the constants it is made from.
    package var evaluatesWithinInputSize = false
    /// Operators (by qualified name) that are never evaluated.
    package var unevaluated: Set<String> = []
    /// Where the bytes of evaluated constants count, if anywhere.
    package var budget: MemoryBudget?

    /// Nothing is known beside the graph.
    package init() {}

    /// Fixes the shapes of inputs and, through them, the named dimensions they were declared with.
    package mutating func bind(_ shapes: [String: Shape], in graph: Graph) {
        for input in graph.inputs {
            guard let shape = shapes[input.name], case .tensor(let elementType, let declared) = input.type else {
                continue
            }
            inputs[input.name] = .tensor(elementType, shape.map { Dimension($0) })
            guard let declared, declared.count == shape.rank else { continue }
            for (dimension, size) in zip(declared, shape) where dimension.value == nil {
                guard let name = dimension.symbols.first, dimension == Dimension(symbol: name) else { continue }
                if symbols[name] == nil { symbols[name] = size }
            }
        }
    }
}

/// What inference found out about a graph and its subgraphs.
package struct GraphFacts: Sendable {
    /// What is known of each value of the graph.
    package var values: [String: InferredValue] = [:]
    /// The facts of each node's subgraphs, in the order of ``Node/subgraphs``, by the node's position.
    package var subgraphs: [Int: [GraphFacts]] = [:]
    /// Nodes whose operator refuses what it is given.
    package var problems: [(node: Int, error: ComputeError)] = []

    /// Makes empty facts.
    package init() {}

    /// What is known of a value's type.
    package func type(of name: String) -> ValueType { values[name]?.type ?? .unknown }
}

extension Graph {
    /// Works out what is known of every value.
    package func inferred(_ options: InferenceOptions = InferenceOptions()) -> GraphFacts {
        let constantBytes = constants.values.reduce(0) { $0 &+ $1.byteCount }
        var walk = InferenceWalk(options: options, constantBytes: constantBytes)
        return walk.facts(of: self, given: [:], outer: [:], depth: 0)
    }

    /// The graph with the types of its values, outputs and subgraphs as inference found them.
    package func annotated(with facts: GraphFacts) -> Graph {
        var result = self
        for (name, value) in facts.values where value.type != .unknown { result.types[name] = value.type }
        for index in outputs.indices {
            let type = facts.type(of: outputs[index].name)
            if type != .unknown { result.outputs[index].type = type.named(as: outputs[index].type) }
        }
        for (position, found) in facts.subgraphs {
            var remaining = found[...]
            result.nodes[position].mapSubgraphs { graph in
                guard let first = remaining.popFirst() else { return graph }
                return graph.annotated(with: first)
            }
        }
        return result
    }

    /// Fills ``types`` with what inference finds, and returns it.
    @discardableResult
    package mutating func inferTypes(_ options: InferenceOptions = InferenceOptions()) -> GraphFacts {
        let facts = inferred(options)
        self = annotated(with: facts)
        return facts
    }
}

extension ValueType {
    /// The type, with the names a declaration gives to sizes that are no numbers.
    fileprivate func named(as declared: ValueType) -> ValueType {
        guard case .tensor(let elementType, let sizes?) = self, let names = declared.dimensions,
            names.count == sizes.count
        else { return self }
        return .tensor(
            elementType,
            zip(sizes, names).map { size, name in
                size.value == nil && !name.symbols.isEmpty ? name : size
            })
    }
}
