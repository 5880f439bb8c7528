// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs

/// A node whose operator is a function of the model.
struct FunctionCall {
    let function: FunctionMessage
    let title: String
    let inputs: [String]
    let outputs: [String]
    let attributes: [String: Attribute]
    let prefix: String
    let depth: Int
}

extension GraphBuilder {
    /// Puts the nodes of a function in the place of a call.
    func inline(_ call: FunctionCall, _ caller: BodyContext, at byteOffset: Int) throws(ImportError) {
        let function = call.function
        guard !caller.calls.contains(function.key) else {
            throw ImportError(.graph, "the function \(function.key.name.quoted) calls itself", at: byteOffset)
        }
        guard call.depth < ModelBuilder.deepest else {
            throw ImportError(.limit, "functions are nested more than \(ModelBuilder.deepest) deep", at: byteOffset)
        }
        guard call.inputs.count <= function.inputs.count, call.outputs.count <= function.outputs.count else {
            throw ImportError(
                .graph,
                "\(call.title) has more inputs or outputs than its function, which has "
                    + "\(function.inputs.count) and \(function.outputs.count)", at: byteOffset)
        }
        var context = BodyContext(opsets: caller.opsets.merging(function.opsets) { $1 })
        context.prefix = call.prefix
        context.calls = caller.calls + [function.key]
        context.attributes = call.attributes
        let scope = Scope(calledAt: call.depth)
        for attribute in function.defaults where call.attributes[attribute.name] == nil {
            context.attributes?[attribute.name] = try AttributeReader(builder: self, scope: scope, context: caller)
                .value(of: attribute)
        }
        for (index, input) in function.inputs.enumerated() {
            scope.bind(input, to: index < call.inputs.count ? call.inputs[index] : "")
        }
        try addBody(of: call, in: scope, context, at: byteOffset)
    }

    private func addBody(
        of call: FunctionCall, in scope: Scope, _ context: BodyContext, at byteOffset: Int
    ) throws(ImportError) {
        let function = call.function
        var wanted: [String: String] = [:]
        var copies: [(from: String, to: String)] = []
        for (formal, actual) in zip(function.outputs, call.outputs) where !actual.isEmpty {
            if scope.isOwn(formal) || wanted[formal] != nil {
                copies.append((formal, actual))
            } else {
                wanted[formal] = actual
            }
        }
        for node in function.nodes { try declareOutputs(of: node, in: scope, context) }
        for (formal, actual) in wanted {
            guard scope.isOwn(formal) else {
                throw ImportError(
                    .graph, "nothing makes the output \(formal.quoted) of the function \(function.key.name.quoted)",
                    at: byteOffset)
            }
            scope.bind(formal, to: actual)
        }
        for node in function.nodes { try add(node, in: scope, context) }
        for value in function.values {
            if let name = scope.resolve(value.name), !name.isEmpty, types[name] == nil { types[name] = value.type }
        }
        for (formal, actual) in copies {
            let source = scope.resolve(formal) ?? ""
            var node = Node(
                "Identity", opset: max(context.opsets[""] ?? 13, 6), name: call.prefix + formal, inputs: [source],
                outputs: [actual])
            try model.finish(&node, title: call.title, at: byteOffset)
            nodes.append(node)
        }
    }
}
