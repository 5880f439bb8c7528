// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol
import SwiftProtobuf

extension ConfigurationCompletion {
    mutating func completeInputs() {
        // The server itself gives what sequences need.
        let own = sequencePolicy?.inputs ?? []
        let known = signature.inputs.filter { !own.contains($0.name) }
        if message.input.isEmpty {
            message.input = known.compactMap { port in
                guard let (type, dims, isScalar) = described(port, "input") else { return nil }
                return Inference_ModelInput.with {
                    ($0.name, $0.dataType, $0.dims) = (port.name, type, dims)
                    if isScalar { $0.reshape = Inference_ModelTensorReshape() }
                }
            }
            return
        }
        for (index, input) in message.input.enumerated() {
            let tensor = Tensor(
                path: "input[\(index)]", name: input.name, type: input.dataType, dims: input.dims,
                reshape: input.hasReshape ? input.reshape.shape : nil)
            guard let (type, dims, isScalar) = completed(tensor, "input", known) else { continue }
            (message.input[index].dataType, message.input[index].dims) = (type, dims)
            if isScalar { message.input[index].reshape = Inference_ModelTensorReshape() }
        }
        let missing = known.map(\.name).filter { name in !message.input.contains { $0.name == name } }
        if !missing.isEmpty, mistakes.isEmpty {
            wrong(
                at: "input",
                "the model has inputs that the configuration leaves out: \(missing.joined(separator: ", "))",
                fix: "add them, or leave out all inputs to have them completed")
        }
    }

    mutating func completeOutputs() {
        let known = signature.outputs
        if message.output.isEmpty {
            let states = sequencePolicy?.states.map(\.output) ?? []
            message.output = known.filter { !states.contains($0.name) }.compactMap { port in
                guard let (type, dims, isScalar) = described(port, "output") else { return nil }
                return Inference_ModelOutput.with {
                    ($0.name, $0.dataType, $0.dims) = (port.name, type, dims)
                    if isScalar { $0.reshape = Inference_ModelTensorReshape() }
                }
            }
            return
        }
        for (index, output) in message.output.enumerated() {
            let tensor = Tensor(
                path: "output[\(index)]", name: output.name, type: output.dataType, dims: output.dims,
                reshape: output.hasReshape ? output.reshape.shape : nil)
            guard let (type, dims, isScalar) = completed(tensor, "output", known) else { continue }
            (message.output[index].dataType, message.output[index].dims) = (type, dims)
            if isScalar { message.output[index].reshape = Inference_ModelTensorReshape() }
        }
    }

    private var sequencePolicy: SequencePolicy? {
        guard case .sequenceBatching(let batching)? = message.schedulingChoice else { return nil }
        return SequencePolicy(batching)
    }

    /// An input or output as the configuration gives it.
    private struct Tensor {
        var path: String
        var name: String
        var type: Inference_DataType
        var dims: [Int64]
        var reshape: [Int64]?
    }

    private var isBatched: Bool { message.maxBatchSize > 0 }

    /// Type and sizes of a port as a configuration writes them, and whether a scalar has to be reshaped.
    private mutating func described(
        _ port: Signature.Port, _ kind: String
    ) -> (Inference_DataType, [Int64], isScalar: Bool)? {
        guard let type = port.elementType.flatMap(Datatype.init) else {
            leaveOut(port, kind, "the protocol has no name for its type")
            return nil
        }
        guard let sizes = port.sizes else {
            leaveOut(port, kind, "its rank is unknown")
            return nil
        }
        let dims = sizes.dropFirst(isBatched ? 1 : 0).map { Int64($0.number ?? -1) }
        // A batch of scalars is a column to clients.
        return isBatched && dims.isEmpty ? (type.message, [1], true) : (type.message, dims, false)
    }

    private mutating func leaveOut(_ port: Signature.Port, _ kind: String, _ reason: String) {
        let text = "\(kind) '\(port.name)' (\(port.type)) cannot be served: \(reason)"
        if kind == "output", signature.outputs.count > 1 {
            note("\(text); it is left out")
        } else {
            wrong(at: kind, text, fix: reason.contains("rank") ? "give its dims in the configuration" : nil)
        }
    }

    /// Type and sizes of a tensor, completed; nil after a mistake.
    private mutating func completed(
        _ tensor: Tensor, _ kind: String, _ known: [Signature.Port]
    ) -> (Inference_DataType, [Int64], isScalar: Bool)? {
        guard !tensor.name.isEmpty else {
            wrong(at: tensor.path, "the \(kind) has no name", fix: "add name: \"\(known.first?.name ?? "")\"")
            return nil
        }
        guard let port = known.first(where: { $0.name == tensor.name }) else {
            let names = known.map(\.name)
            let near = Spelling.nearest(tensor.name, in: names).map { "did you mean '\($0)'?" }
            wrong(
                at: "\(tensor.path).name", "the model has no \(kind) '\(tensor.name)'",
                fix: near ?? "there are \(names.joined(separator: ", "))")
            return nil
        }
        guard let type = checkedType(tensor, port, kind) else { return nil }
        if tensor.dims.isEmpty, tensor.reshape == nil, document.lines["\(tensor.path).dims"] == nil {
            return described(port, kind)
        }
        guard checkDims(tensor, port, kind) else { return nil }
        return (type, tensor.dims, false)
    }

    private mutating func checkedType(
        _ tensor: Tensor, _ port: Signature.Port, _ kind: String
    ) -> Inference_DataType? {
        guard let expected = port.elementType.flatMap(Datatype.init)?.message else {
            wrong(
                at: tensor.path, "\(kind) '\(port.name)' is \(port.type), which the protocol has no name for",
                fix: "remove it")
            return nil
        }
        guard tensor.type == .typeInvalid || tensor.type == expected else {
            wrong(
                at: "\(tensor.path).data_type",
                "\(kind) '\(port.name)' is \(Self.name(tensor.type)), but the model's is \(Self.name(expected))",
                fix: "write data_type: \(Self.name(expected))")
            return nil
        }
        return expected
    }

    private static func name(_ type: Inference_DataType) -> String {
        Datatype(type)?.configurationName ?? "TYPE_INVALID"
    }

    private mutating func checkDims(_ tensor: Tensor, _ port: Signature.Port, _ kind: String) -> Bool {
        guard let sizes = port.sizes else { return true }
        let dims = tensor.reshape ?? tensor.dims
        let whole = sizes.map { Int64($0.number ?? -1) }
        let expected = Array(whole.dropFirst(isBatched ? 1 : 0))
        if Self.fits(dims, expected) { return true }
        let field = tensor.reshape == nil ? "dims" : "reshape"
        let path = "\(tensor.path).\(field)"
        let right = "write dims: \(Self.text(expected))"
        if isBatched, Self.fits(dims, whole) {
            wrong(
                at: path, "\(field) \(Self.text(dims)) of \(kind) '\(port.name)' contain the batch dimension",
                fix: "with max_batch_size: \(message.maxBatchSize) the batch is left out: \(right)")
        } else if !isBatched, !whole.isEmpty, Self.fits(dims, Array(whole.dropFirst())) {
            let batch = whole.first == -1 ? "set max_batch_size to 1 or more, or " : ""
            wrong(
                at: path,
                "\(field) \(Self.text(dims)) of \(kind) '\(port.name)' leave out the first dimension, but "
                    + "max_batch_size is 0, and then shapes are whole",
                fix: batch + right)
        } else {
            wrong(
                at: path,
                "\(field) \(Self.text(dims)) of \(kind) '\(port.name)' do not fit the model's \(port.type)",
                fix: tensor.reshape == nil ? right : "the reshape has to be \(Self.text(expected))")
        }
        return false
    }

    /// Whether sizes may stand for those of the model, where -1 is any.
    private static func fits(_ dims: [Int64], _ expected: [Int64]) -> Bool {
        dims.count == expected.count && zip(dims, expected).allSatisfy { $1 == -1 || $0 == $1 }
    }

    private static func text(_ dims: [Int64]) -> String {
        "[ \(dims.map { String($0) }.joined(separator: ", ")) ]".replacing("[  ]", with: "[ ]")
    }
}
