// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// What is shared while the graphs of one model are made.
final class ModelBuilder {
    let reader: TensorReader
    let functions: [FunctionMessage.Key: FunctionMessage]
    var names = NameSource(avoiding: [])
    private let properties: ModelProperties
    let catalogue: Catalogue?
    private var nodeCount = 0

    /// Subgraphs and function calls inside one another; more would endanger the stack.
    static let deepest = 32

    init(_ message: ModelMessage, reader: TensorReader, catalogue: Catalogue?) throws(ImportError) {
        self.reader = reader
        self.catalogue = catalogue
        properties = message.properties
        var functions: [FunctionMessage.Key: FunctionMessage] = [:]
        for function in message.functions {
            guard functions.updateValue(function, forKey: function.key) == nil else {
                throw ImportError(.graph, "the function \(function.key.name.quoted) is defined twice")
            }
        }
        self.functions = functions
    }

    var source: TensorStorage { reader.source }

    func model(_ range: Range<Int>) throws(ImportError) -> ImportedModel {
        let builder = GraphBuilder(
            self, scope: Scope(), context: BodyContext(opsets: properties.opsets), role: .main)
        let graph = try builder.graph(GraphMessage(range, in: source))
        return ImportedModel(graph: graph, properties: properties, defaultedInputs: builder.defaultedInputs)
    }

    /// Counts a node of the file, once for each time a function brings it in.
    func count() throws(ImportError) {
        nodeCount += 1
        guard nodeCount <= reader.options.nodeLimit else {
            throw ImportError(.limit, "the model has more than \(reader.options.nodeLimit) nodes")
        }
    }

    /// Refuses a graph that has grown beyond the limit.
    func checkSize(_ graph: Graph) throws(ImportError) {
        guard graph.nodes.count <= reader.options.nodeLimit else {
            throw ImportError(.limit, "the derivatives have more than \(reader.options.nodeLimit) nodes")
        }
    }

    /// Makes the operation of a node.
    func finish(_ node: inout Node, title: String, at byteOffset: Int) throws(ImportError) {
        guard let catalogue else { return }
        do throws(ComputeError) {
            try catalogue.resolve(&node)
        } catch {
            if reader.options.allowsUnresolvedOperators { return }
            let domain = node.domain.isEmpty ? "ai.onnx" : node.domain
            let version = "domain \(domain.quoted), opset \(node.opset)"
            guard catalogue.find(node.operatorName, domain: node.domain) == nil else {
                throw ImportError(.refusedOperator, "\(title), \(version)", at: byteOffset, cause: error)
            }
            let nearest = catalogue.nearestNames(to: node.operatorName, domain: node.domain)
            let hint = nearest.isEmpty ? "" : "; the nearest known are " + nearest.joined(separator: ", ")
            throw ImportError(
                .unknownOperator,
                "\(title): the operator \(node.operatorName.quoted) of \(version) is not known" + hint,
                at: byteOffset)
        }
    }
}

/// Names a graph may read: its own by what the file calls them, then those of the graphs around it.
final class Scope {
    private var names: [String: String] = [:]
    private let parent: Scope?
    let depth: Int

    init(inside parent: Scope? = nil) {
        self.parent = parent
        depth = (parent?.depth ?? 0) + 1
    }

    /// A scope that sees nothing around it: the body of a function called at a depth.
    init(calledAt depth: Int) {
        parent = nil
        self.depth = depth + 1
    }

    func isOwn(_ name: String) -> Bool { names[name] != nil }

    /// Says what a name of the file is called in the graph.
    func bind(_ name: String, to value: String) { names[name] = value }

    /// What the name is called in the graph; nil when nothing makes it.
    func resolve(_ name: String) -> String? {
        var scope: Scope? = self
        while let current = scope {
            if let found = current.names[name] { return found }
            scope = current.parent
        }
        return nil
    }
}

/// What holds for all nodes of a model's graph or of one call of a function.
struct BodyContext {
    var opsets: [String: Int]
    /// Attributes of the call, where the nodes are those of a function.
    var attributes: [String: Attribute]?
    /// What the names of the function's values and nodes begin with.
    var prefix = ""
    /// The functions being called.
    var calls: [FunctionMessage.Key] = []

    init(opsets: [String: Int]) { self.opsets = opsets }
}
