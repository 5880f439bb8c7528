// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus
import ApusTensors

/// Padding as the parameters of a configuration ask for it.
extension PaddingPlan {
    private static let keys = ["padding", "padding_buckets", "padding_outputs"]

    /// Reads the parameters `padding`, `padding_buckets` and `padding_outputs`; nil without them, or where padding
    /// happens unasked because every position is computed by itself.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names the parameter, what it says and the remedy.
    package init?(_ configuration: ModelConfiguration, _ model: Model) throws(ServingError) {
        let parameters = configuration.parameters
        func refusal(_ key: String, _ text: String) -> ServingError {
            ServingError(.invalidArgument, "model '\(configuration.name)', parameter '\(key)': \(text)")
        }
        guard let list = parameters["padding"] else {
            if let key = Self.keys.first(where: { parameters[$0] != nil }) {
                throw refusal(key, "it means nothing without 'padding', which names the inputs to pad")
            }
            guard let plan = Self.unasked(configuration, model) else { return nil }
            self = plan
            return
        }
        guard list.lowercased() != "off" else { return nil }
        guard configuration.maxBatchSize > 1, configuration.batching != nil else {
            throw refusal("padding", "requests only share batches with dynamic_batching and a max_batch_size above 1")
        }
        var inputs: [Input] = []
        for (name, value) in Self.entries(list) {
            inputs.append(try Self.input(name, value, configuration, model.signature, refusal))
        }
        guard let first = inputs.first(where: { !$0.isMask }) else {
            throw refusal("padding", "it names no input but masks, expected 'name', 'name=number' or 'name=mask'")
        }
        guard inputs.count(where: \.isMask) <= 1 else { throw refusal("padding", "it names more than one mask") }
        self.inputs = inputs
        outputs = try Self.outputs(parameters["padding_outputs"], first, configuration, model.signature, refusal)
        buckets = []
        for text in (parameters["padding_buckets"] ?? "").split(whereSeparator: { ", ".contains($0) }) {
            guard let size = Int(text), (1...1 << 30).contains(size) else {
                throw refusal("padding_buckets", "'\(text)' is no length, expected lengths such as 32, 64, 128")
            }
            buckets.append(size)
        }
        buckets.sort()
    }

    /// `name` and `name=value`, with commas or spaces between them.
    private static func entries(_ text: String) -> [(name: String, value: String?)] {
        text.split(whereSeparator: { ", \n\t".contains($0) }).map { entry in
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
        }
    }

    private static func input(
        _ name: String, _ value: String?, _ configuration: ModelConfiguration, _ signature: Signature,
        _ refusal: (String, String) -> ServingError
    ) throws(ServingError) -> Input {
        guard let specification = configuration.inputs.first(where: { $0.name == name }),
            let position = signature.inputs.firstIndex(where: { $0.name == name })
        else {
            let names = configuration.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw refusal("padding", "the model has no input '\(name)', its inputs are \(names)")
        }
        let axes = specification.dimensions.indices.filter { specification.dimensions[$0] == -1 }
        guard axes.count == 1, let axis = axes.first, specification.reshape == nil else {
            throw refusal(
                "padding",
                "input '\(name)' has to have one size of -1 and no reshape, its dims are \(specification.dimensions)")
        }
        let isMask = value == "mask"
        guard let number = isMask ? 0 : Double(value ?? "0"),
            let filling = Input.bytes(number, specification.datatype),
            let one = Input.bytes(1, specification.datatype)
        else {
            throw refusal(
                "padding",
                "input '\(name)' (\(specification.datatype.configurationName)) cannot be padded with "
                    + "'\(value ?? "0")', expected a number of its type, or 'mask'")
        }
        if isMask, specification.dimensions.contains(where: { $0 != -1 && $0 != 1 }) {
            throw refusal(
                "padding",
                "a mask has one value for each position, the dims of '\(name)' are "
                    + "\(specification.dimensions)")
        }
        return Input(
            position: position, axis: axis + 1, filling: filling, isMask: isMask, name: name,
            rank: specification.dimensions.count + 1, one: one, datatype: specification.datatype)
    }

    private static func outputs(
        _ list: String?, _ first: Input, _ configuration: ModelConfiguration, _ signature: Signature,
        _ refusal: (String, String) -> ServingError
    ) throws(ServingError) -> [Output] {
        let given = Dictionary(entries(list ?? "").map { ($0.name, $0.value) }) { first, _ in first }
        for name in given.keys.sorted() where !configuration.outputs.contains(where: { $0.name == name }) {
            throw refusal("padding_outputs", "the model has no output '\(name)'")
        }
        let axisName = signature.inputs[first.position].name(ofAxis: first.axis)
        var outputs: [Output] = []
        for specification in configuration.outputs {
            let name = specification.name
            guard let position = signature.outputs.firstIndex(where: { $0.name == name }) else { continue }
            let varying = specification.dimensions.indices.filter { specification.dimensions[$0] == -1 }.map { $0 + 1 }
            guard !varying.isEmpty else { continue }
            var axes = varying
            if let value = given[name] {
                if value == "whole" { continue }
                guard value == nil else {
                    throw refusal("padding_outputs", "'\(name)=\(value ?? "")' is not 'name' or 'name=whole'")
                }
            } else {
                let port = signature.outputs[position]
                axes = varying.filter { axisName != nil && port.name(ofAxis: $0) == axisName }
                guard axes == varying else {
                    throw refusal(
                        "padding",
                        "the model does not say whether output '\(name)' (\(port.type)) is as long as "
                            + "'\(first.name)' (\(signature.inputs[first.position].type)): add it to the parameter "
                            + "'padding_outputs', as '\(name)' to have it cut or '\(name)=whole' to leave it")
                }
            }
            guard specification.datatype != .bytes, specification.reshape == nil else {
                throw refusal("padding", "output '\(name)' of strings, or with a reshape, cannot be cut")
            }
            outputs.append(Output(position: position, axes: axes))
        }
        return outputs
    }

    /// Padding where it changes nothing: every position of every output is computed from the same position of inputs.
    private static func unasked(_ configuration: ModelConfiguration, _ model: Model) -> PaddingPlan? {
        guard configuration.maxBatchSize > 1, configuration.batching != nil else { return nil }
        let signature = model.signature
        var plan = PaddingPlan(inputs: [], outputs: [], buckets: [])
        var axisName: String?
        for specification in configuration.inputs {
            let axes = specification.dimensions.indices.filter { specification.dimensions[$0] == -1 }
            guard axes.count == 1, let axis = axes.first, specification.reshape == nil, !specification.isOptional,
                let position = signature.inputs.firstIndex(where: { $0.name == specification.name }),
                let name = signature.inputs[position].name(ofAxis: axis + 1), axisName == nil || axisName == name,
                let zero = Input.bytes(0, specification.datatype), let one = Input.bytes(1, specification.datatype)
            else { return nil }
            axisName = name
            plan.inputs.append(
                Input(
                    position: position, axis: axis + 1, filling: zero, isMask: false, name: specification.name,
                    rank: specification.dimensions.count + 1, one: one, datatype: specification.datatype))
        }
        guard let axisName, plan.inputs.count == signature.inputs.count, model.keepsPositions(of: axisName) else {
            return nil
        }
        for specification in configuration.outputs {
            guard let position = signature.outputs.firstIndex(where: { $0.name == specification.name }),
                specification.reshape == nil, specification.datatype != .bytes
            else { return nil }
            let axes = specification.dimensions.indices.map { $0 + 1 }.filter {
                signature.outputs[position].name(ofAxis: $0) == axisName
            }
            guard axes.count == 1 else { return nil }
            plan.outputs.append(Output(position: position, axes: axes))
        }
        return plan
    }
}

extension Signature.Port {
    /// The name of a size that varies; nil for one without a name.
    fileprivate func name(ofAxis axis: Int) -> String? {
        guard let sizes, axis < sizes.count, case .named(let name) = sizes[axis] else { return nil }
        return name
    }
}

extension PaddingPlan {
    /// What is to be said of a model's padding: that it happens unasked, or how to ask for it where it looks useful.
    package static func note(_ plan: PaddingPlan?, _ configuration: ModelConfiguration) -> String? {
        guard configuration.parameters["padding"] == nil else { return nil }
        if let plan {
            let names = plan.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
            return "requests of different lengths share batches: \(names) are padded with 0, which changes nothing, as "
                + "every position is computed by itself"
        }
        let varying = configuration.inputs.filter { $0.dimensions.count { $0 == -1 } == 1 && $0.datatype != .bytes }
        guard configuration.batching != nil, configuration.maxBatchSize > 1, varying.count > 1,
            varying.count == configuration.inputs.count,
            let mask = varying.first(where: { $0.name.lowercased().hasSuffix("mask") })
        else { return nil }
        let list = varying.map { $0.name == mask.name ? "\($0.name)=mask" : $0.name }.joined(separator: ", ")
        return "requests of different lengths do not share batches; if '\(mask.name)' tells elements from padding, "
            + "parameters { key: \"padding\" value { string_value: \"\(list)\" } } lets them"
    }
}
