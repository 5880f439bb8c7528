// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One application of an operator to values.
///
/// The attributes are the whole truth about a node: a node is saved, printed and compared by them, and
/// ``operation`` is what the catalogue made of them.
public struct Node: Sendable {
    /// A name for messages; may be empty.
    public var name: String
    /// The operator's domain; ONNX's own is the empty string.
    public var domain: String
    /// The operator's name within its domain.
    public var operatorName: String
    /// The version of the domain's operator set the node was written for.
    public var opset: Int
    /// Names of the values it reads; an absent optional input is the empty string.
    public var inputs: [String]
    /// Names of the values it makes; an unwanted output is the empty string.
    public var outputs: [String]
    /// The settings.
    public private(set) var attributes: [String: Attribute]
    /// What the node does; nil when the catalogue does not know the operator.
    public var operation: (any Operator)?
    /// Values of enclosing graphs that the node's subgraphs read.
    public private(set) var captures: [String]

    /// Makes a node without resolving its operator.
    public init(
        _ operatorName: String, domain: String = "", opset: Int, name: String = "", inputs: [String],
        outputs: [String], attributes: [String: Attribute] = [:]
    ) {
        self.name = name
        self.domain = domain
        self.operatorName = operatorName
        self.opset = opset
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
        captures = Node.captures(of: attributes)
    }

    /// Adds, replaces or (with nil) removes a setting; the operation must then be resolved again.
    public mutating func setAttribute(_ name: String, _ value: Attribute?) {
        attributes[name] = value
        captures = Node.captures(of: attributes)
        operation = nil
    }

    /// The subgraphs by attribute name, in name order.
    public var subgraphs: [(name: String, graph: Graph)] {
        attributes.sorted { $0.key < $1.key }.flatMap { entry -> [(name: String, graph: Graph)] in
            switch entry.value {
            case .graph(let graph): [(entry.key, graph)]
            case .graphs(let graphs): graphs.map { (entry.key, $0) }
            default: []
            }
        }
    }

    /// Everything the node reads: inputs that are present, then captures.
    public var reads: [String] { inputs.filter { !$0.isEmpty } + captures }

    /// The domain as people write it.
    public var qualifiedName: String { domain.isEmpty ? operatorName : "\(domain).\(operatorName)" }

    private static func captures(of attributes: [String: Attribute]) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        for (_, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
            let graphs: [Graph] =
                switch attribute {
                case .graph(let graph): [graph]
                case .graphs(let graphs): graphs
                default: []
                }
            for name in graphs.flatMap(\.freeNames) where seen.insert(name).inserted { found.append(name) }
        }
        return found
    }
}
