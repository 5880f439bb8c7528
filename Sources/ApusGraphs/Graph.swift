// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusTensors

/// A named value with its type.
public struct Value: Hashable, Sendable {
    /// The name, unique in its graph and not used by an enclosing one.
    public var name: String
    /// What is known of it.
    public var type: ValueType

    /// Makes a value.
    public init(_ name: String, _ type: ValueType) {
        self.name = name
        self.type = type
    }
}

/// Nodes in an order in which they can run, the values between them, and the constants they read.
///
/// A graph is plain data in single-assignment form: every name is an input, a constant or the output of exactly one
/// node. A subgraph (the body of an `If`, `Loop` or `Scan`) may also read names of the graphs around it.
public struct Graph: Sendable {
    /// A name for messages.
    public var name: String
    /// The values handed in, in order.
    public var inputs: [Value]
    /// The values handed out, in order, with their declared types.
    public var outputs: [Value]
    /// The nodes, each after the ones it reads from.
    public var nodes: [Node]
    /// Weights and other constants by name.
    public var constants: [String: Tensor]
    /// What is known of values, by name: declared by the model or found by inference.
    public var types: [String: ValueType]
    /// The version of each operator domain, for nodes that are added.
    public var opsets: [String: Int]

    /// Makes a graph.
    public init(
        name: String = "", inputs: [Value] = [], outputs: [Value] = [], nodes: [Node] = [],
        constants: [String: Tensor] = [:], types: [String: ValueType] = [:], opsets: [String: Int] = [:]
    ) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.nodes = nodes
        self.constants = constants
        self.types = types
        self.opsets = opsets
    }

    /// Names read here that an enclosing graph must provide.
    public var freeNames: [String] {
        var known = Set(inputs.map(\.name)).union(constants.keys)
        for node in nodes { known.formUnion(node.outputs) }
        var found: [String] = []
        var seen: Set<String> = []
        for name in nodes.flatMap(\.reads) + outputs.map(\.name)
        where !name.isEmpty && !known.contains(name) && seen.insert(name).inserted {
            found.append(name)
        }
        return found
    }

    /// The position of the node that makes each value.
    public var producers: [String: Int] {
        var result: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { result[output] = index }
        }
        return result
    }

    /// The positions of the nodes that read each value, captures included.
    public var consumers: [String: [Int]] {
        var result: [String: [Int]] = [:]
        for (index, node) in nodes.enumerated() {
            for name in Set(node.reads) { result[name, default: []].append(index) }
        }
        return result
    }
}
