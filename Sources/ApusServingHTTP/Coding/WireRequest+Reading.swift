// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

extension WireRequest {
    /// Reads the JSON of a request for inference.
    ///
    /// - Throws: ``JSONError`` that names the field.
    package init(_ bytes: Span<UInt8>) throws(JSONError) {
        var reader = JSONReader(bytes)
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            switch key {
            case "id":
                guard try reader.kind() == .string else { throw reader.failure("'id' is no string") }
                id = try reader.string()
            case "inputs":
                guard !hasInputs else { throw reader.failure("'inputs' is there twice") }
                hasInputs = true
                try readInputs(&reader)
            case "outputs": try readOutputs(&reader)
            case "parameters": try readParameters(&reader)
            default: try reader.skip()
            }
        }
        try reader.end()
    }

    private mutating func readInputs(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.kind() == .array else { throw reader.failure("'inputs' is no array") }
        var isFirst = true
        try reader.beginArray()
        while try reader.nextElement(&isFirst) {
            guard inputs.count < WireRequest.mostTensors else {
                throw reader.failure("more than \(WireRequest.mostTensors) inputs")
            }
            inputs.append(try Input(&reader, number: inputs.count))
        }
    }

    private mutating func readOutputs(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.kind() == .array else { throw reader.failure("'outputs' is no array") }
        var isFirst = true
        try reader.beginArray()
        while try reader.nextElement(&isFirst) {
            guard outputs.count < WireRequest.mostTensors else {
                throw reader.failure("more than \(WireRequest.mostTensors) outputs")
            }
            outputs.append(try Output(&reader, number: outputs.count))
        }
    }

    private mutating func readParameters(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.kind() == .object else { throw reader.failure("'parameters' is no object") }
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            switch key {
            case "sequence_id":
                if try reader.kind() == .string {
                    sequenceID = .text(try reader.string())
                } else {
                    sequenceID = .number(try reader.integer(UInt64.self))
                }
            case "sequence_start": isSequenceStart = try reader.bool()
            case "sequence_end": isSequenceEnd = try reader.bool()
            case "priority": priority = try reader.integer(UInt64.self)
            case "timeout": timeout = .microseconds(try reader.integer(Int64.self, atLeast: 0, "'timeout'"))
            case "binary_data_output": isBinaryByDefault = try reader.bool()
            default:
                guard !key.hasPrefix("triton_") else {
                    throw reader.failure(
                        "parameter keys starting with 'triton_' are reserved, and '\(key)' cannot be set over HTTP")
                }
                guard parameters.count < WireRequest.mostParameters else {
                    throw reader.failure("more than \(WireRequest.mostParameters) parameters")
                }
                parameters[key] = try reader.parameter(key)
            }
        }
    }
}

extension JSONReader {
    /// Reads an integer from a least value on.
    @_lifetime(self: copy self)
    mutating func integer(_ type: Int64.Type, atLeast least: Int64, _ name: String) throws(JSONError) -> Int64 {
        let value = try integer(Int64.self)
        guard value >= least else { throw failure("\(name) is \(value), expected at least \(least)") }
        return value
    }

    /// Reads the value of a parameter: a string, a number or a boolean.
    @_lifetime(self: copy self)
    mutating func parameter(_ name: String) throws(JSONError) -> ParameterValue {
        switch try kind() {
        case .string: return .string(try string())
        case .bool: return .bool(try bool())
        case .number:
            let start = position
            let number = try decimal()
            if let value = number.integer(Int64.self) { return .integer(value) }
            if number.isInteger, let value = UInt64(text(from: start)) { return .unsigned(value) }
            return .double(number.exactDouble ?? slowDouble(from: start))
        default: throw failure("parameter '\(name)' is no string, number or boolean")
        }
    }
}
