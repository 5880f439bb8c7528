// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Makes one graph, the nodes of inlined functions included.
final class GraphBuilder {
    enum Role {
        case main
        case subgraph
    }

    let model: ModelBuilder
    let scope: Scope
    let context: BodyContext
    let role: Role
    var nodes: [Node] = []
    var constants: [String: Tensor] = [:]
    var types: [String: ValueType] = [:]
    private(set) var defaultedInputs: [Value] = []

    init(_ model: ModelBuilder, scope: Scope, context: BodyContext, role: Role) {
        self.model = model
        self.scope = scope
        self.context = context
        self.role = role
    }

    func graph(_ message: GraphMessage) throws(ImportError) -> Graph {
        let initialized = Set(
            message.initializers.map(\.name) + message.sparseInitializers.map { $0.values?.name ?? "" })
        var inputs: [Value] = []
        for input in message.inputs {
            if role == .main, initialized.contains(input.name) {
                defaultedInputs.append(input)
            } else {
                inputs.append(Value(try declare(input.name, "an input", scope, context), input.type))
            }
        }
        try addInitializers(message)
        for node in message.nodes { try declareOutputs(of: node, in: scope, context) }
        for node in message.nodes { try add(node, in: scope, context) }
        for value in message.values {
            if let name = scope.resolve(value.name), scope.isOwn(value.name) { types[name] = value.type }
        }
        var outputs: [Value] = []
        for output in message.outputs {
            guard let name = scope.resolve(output.name) else {
                throw ImportError(.graph, "nothing makes the output \(output.name.quoted)")
            }
            outputs.append(Value(name, output.type))
        }
        if role == .main, Set(outputs.map(\.name)).count < outputs.count {
            throw ImportError(.graph, "two outputs have the same name")
        }
        var graph = Graph(
            name: message.name, inputs: inputs, outputs: outputs, nodes: try RunningOrder.sorted(nodes),
            constants: constants, types: types, opsets: context.opsets)
        try model.expandGradients(of: &graph)
        return graph
    }

    /// Takes a name of the file into a scope; what it is called in the graph is unique in the model.
    private func declare(
        _ name: String, _ what: String, _ scope: Scope, _ context: BodyContext
    ) throws(ImportError) -> String {
        guard !name.isEmpty else { throw ImportError(.graph, "\(what) has no name") }
        guard !scope.isOwn(name) else {
            throw ImportError(.graph, "the name \(name.quoted) is defined twice, the second time by \(what)")
        }
        let unique = model.names.fresh(context.prefix + name)
        scope.bind(name, to: unique)
        return unique
    }

    func declareOutputs(of node: NodeMessage, in scope: Scope, _ context: BodyContext) throws(ImportError) {
        for output in node.outputs where !output.isEmpty { _ = try declare(output, node.title, scope, context) }
    }

    private func addInitializers(_ message: GraphMessage) throws(ImportError) {
        let inputNames = Set(role == .main ? [] : message.inputs.map(\.name))
        for initializer in message.initializers where !inputNames.contains(initializer.name) {
            let name = try declare(initializer.name, "an initializer", scope, context)
            constants[name] = try model.reader.tensor(initializer)
        }
        for initializer in message.sparseInitializers {
            let name = try declare(initializer.values?.name ?? "", "a sparse initializer", scope, context)
            constants[name] = try model.reader.sparse(initializer)
        }
    }

    /// Adds a node whose outputs are declared: as a constant, as the nodes of a function, or as it is.
    func add(_ message: NodeMessage, in scope: Scope, _ context: BodyContext) throws(ImportError) {
        try model.count()
        var attributes: [String: Attribute] = [:]
        for attribute in message.attributes {
            guard attributes[attribute.name] == nil else {
                throw ImportError(
                    .graph, "\(message.title) has the attribute \(attribute.name.quoted) twice", at: message.byteOffset)
            }
            attributes[attribute.name] = try AttributeReader(builder: self, scope: scope, context: context)
                .attribute(attribute, of: message)
        }
        var inputs: [String] = []
        for input in message.inputs {
            guard let name = input.isEmpty ? "" : scope.resolve(input) else {
                throw ImportError(
                    .graph, "\(message.title) reads \(input.quoted), which nothing makes", at: message.byteOffset)
            }
            inputs.append(name)
        }
        let outputs = message.outputs.map { $0.isEmpty ? "" : scope.resolve($0) ?? "" }
        let key = FunctionMessage.Key(domain: message.domain, name: message.operatorName, overload: message.overload)
        if let function = model.functions[key] {
            let call = FunctionCall(
                function: function, title: message.title, inputs: inputs, outputs: outputs, attributes: attributes,
                prefix: context.prefix + (message.name.isEmpty ? message.operatorName : message.name) + "/",
                depth: scope.depth)
            return try inline(call, context, at: message.byteOffset)
        }
        if message.domain.isEmpty, message.operatorName == "Constant" {
            let value = try ConstantNode(title: message.title, byteOffset: message.byteOffset).tensor(attributes)
            guard inputs.isEmpty, outputs.count == 1 else {
                throw ImportError(.graph, "\(message.title) takes no input and makes one value", at: message.byteOffset)
            }
            constants[outputs[0]] = value
            return
        }
        var node = Node(
            message.operatorName, domain: message.domain, opset: try opset(of: message, context),
            name: message.name.isEmpty ? "" : context.prefix + message.name, inputs: inputs, outputs: outputs,
            attributes: attributes)
        if GradientExpansion.isGradient(node) {
            try resolveNames(of: &node, in: scope, at: message.byteOffset)
        } else {
            try model.finish(&node, title: message.title, at: message.byteOffset)
        }
        nodes.append(node)
    }

    private func opset(of node: NodeMessage, _ context: BodyContext) throws(ImportError) -> Int {
        guard node.domain.isEmpty else { return context.opsets[node.domain] ?? 1 }
        guard let version = context.opsets[""] else {
            throw ImportError(
                .unsupported, "\(node.title) is of the domain 'ai.onnx', which the model does not import",
                at: node.byteOffset)
        }
        guard version <= ONNXImporter.newestOpset,
            version >= 6 || (version > 0 && !EarlyOperators.revised.contains(node.operatorName))
        else {
            throw ImportError(
                .unsupported,
                "\(node.title) is of opset \(version) of 'ai.onnx', known are 6 to \(ONNXImporter.newestOpset)",
                at: node.byteOffset)
        }
        return version
    }
}

/// Operators that meant something else before opset 6.
enum EarlyOperators {
    static let revised: Set<String> = [
        "Abs", "Add", "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Div", "Dropout", "Elu", "Exp", "Floor",
        "GRU", "Gemm", "GlobalLpPool", "HardSigmoid", "InstanceNormalization", "LeakyRelu", "Log", "LpPool", "Max",
        "Mean", "Min", "Mul", "Neg", "PRelu", "Pad", "Reciprocal", "Relu", "Reshape", "Selu", "Sigmoid", "Split",
        "Sqrt", "Sub", "Sum", "Tanh", "Tile",
    ]
}
