// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import NIOCore
import SwiftProtobuf

extension JSONWriter {
    /// Writes a configuration with the protocol's field names, and with what clients look for even where it is unset.
    ///
    /// - Throws: What SwiftProtobuf throws for a message it cannot write.
    mutating func configuration(_ message: Inference_ModelConfig) throws {
        raw("{")
        key("name", isFirst: true)
        string(message.name)
        key("platform")
        string(message.platform)
        key("backend")
        string(message.backend)
        key("runtime")
        string(message.runtime)
        key("version_policy")
        try self.message(message.versionPolicy)
        key("max_batch_size")
        integer(message.maxBatchSize)
        try list("input", message.input) { writer, input in try writer.input(input) }
        try list("output", message.output) { writer, output in try writer.output(output) }
        try list("batch_input", message.batchInput) { writer, input in try writer.message(input) }
        try list("batch_output", message.batchOutput) { writer, output in try writer.message(output) }
        key("optimization")
        try self.message(message.optimization)
        try list("instance_group", message.instanceGroup) { writer, group in try writer.message(group) }
        key("default_model_filename")
        string(message.defaultModelFilename)
        table("cc_model_filenames", message.ccModelFilenames)
        table("metric_tags", message.metricTags)
        key("parameters")
        raw("{")
        for (index, (name, parameter)) in message.parameters.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { raw(",") }
            string(name)
            raw(":{\"string_value\":")
            string(parameter.stringValue)
            raw("}")
        }
        raw("}")
        try list("model_warmup", message.modelWarmup) { writer, warmUp in try writer.message(warmUp) }
        try scheduling(message)
        raw("}")
    }

    private mutating func scheduling(_ message: Inference_ModelConfig) throws {
        switch message.schedulingChoice {
        case .dynamicBatching(let batching):
            key("dynamic_batching")
            try self.message(batching)
        case .sequenceBatching(let batching):
            key("sequence_batching")
            try self.message(batching)
        case .ensembleScheduling(let ensemble):
            key("ensemble_scheduling")
            try self.message(ensemble)
        case nil: break
        }
        if message.hasModelTransactionPolicy {
            key("model_transaction_policy")
            raw("{\"decoupled\":")
            bool(message.modelTransactionPolicy.decoupled)
            raw("}")
        }
        if message.hasResponseCache {
            key("response_cache")
            raw("{\"enable\":")
            bool(message.responseCache.enable)
            raw("}")
        }
    }

    private mutating func input(_ input: Inference_ModelInput) throws {
        raw("{")
        key("name", isFirst: true)
        string(input.name)
        key("data_type")
        name(JSONWriter.datatypes, input.dataType.rawValue)
        key("format")
        name(JSONWriter.formats, input.format.rawValue)
        key("dims")
        integers(input.dims)
        if input.hasReshape {
            key("reshape")
            try message(input.reshape)
        }
        key("is_shape_tensor")
        bool(input.isShapeTensor)
        key("allow_ragged_batch")
        bool(input.allowRaggedBatch)
        key("optional")
        bool(input.optional)
        key("is_non_linear_format_io")
        bool(input.isNonLinearFormatIo)
        raw("}")
    }

    private mutating func output(_ output: Inference_ModelOutput) throws {
        raw("{")
        key("name", isFirst: true)
        string(output.name)
        key("data_type")
        name(JSONWriter.datatypes, output.dataType.rawValue)
        key("dims")
        integers(output.dims)
        if output.hasReshape {
            key("reshape")
            try message(output.reshape)
        }
        key("label_filename")
        string(output.labelFilename)
        key("is_shape_tensor")
        bool(output.isShapeTensor)
        key("is_non_linear_format_io")
        bool(output.isNonLinearFormatIo)
        raw("}")
    }

    /// The names of element types and formats by their numbers in the protocol.
    private static let datatypes = [
        "TYPE_INVALID", "TYPE_BOOL", "TYPE_UINT8", "TYPE_UINT16", "TYPE_UINT32", "TYPE_UINT64", "TYPE_INT8",
        "TYPE_INT16", "TYPE_INT32", "TYPE_INT64", "TYPE_FP16", "TYPE_FP32", "TYPE_FP64", "TYPE_STRING", "TYPE_BF16",
    ]
    private static let formats = ["FORMAT_NONE", "FORMAT_NHWC", "FORMAT_NCHW"]

    private mutating func name(_ names: [String], _ number: Int) {
        string(names.indices.contains(number) ? names[number] : names[0])
    }

    private mutating func message(_ message: some Message) throws {
        var options = JSONEncodingOptions()
        options.preserveProtoFieldNames = true
        options.alwaysPrintInt64sAsNumbers = true
        options.useDeterministicOrdering = true
        let bytes: [UInt8] = try message.jsonUTF8Bytes(options: options)
        buffer.writeBytes(bytes)
    }

    private mutating func list<Item>(
        _ name: StaticString, _ items: [Item], _ write: (inout JSONWriter, Item) throws -> Void
    ) throws {
        key(name)
        raw("[")
        for (index, item) in items.enumerated() {
            if index > 0 { raw(",") }
            try write(&self, item)
        }
        raw("]")
    }

    private mutating func table(_ name: StaticString, _ values: [String: String]) {
        key(name)
        raw("{")
        for (index, (name, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { raw(",") }
            string(name)
            raw(":")
            string(value)
        }
        raw("}")
    }
}
