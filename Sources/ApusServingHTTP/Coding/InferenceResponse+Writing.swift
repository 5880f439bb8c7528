// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import ApusTensors
import HTTPTypes
import Hummingbird
import NIOCore

extension InferenceResponse {
    /// The answer in the form that was asked for, packed where the client likes it.
    ///
    /// - Throws: ``ServingError`` where an output does not fit its shared memory.
    func http(_ form: ResponseForm, compression: Compression?) throws(ServingError) -> Response {
        let answer = try wire(form, compression: compression)
        var headers: HTTPFields = [.contentType: answer.contentType]
        if let length = answer.jsonLength { headers[.jsonLength] = String(length) }
        if let compression = answer.compression { headers[.contentEncoding] = compression.rawValue }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: answer.body))
    }

    /// The body of the answer in the form that was asked for and what is to be said of it.
    ///
    /// - Throws: ``ServingError`` where an output does not fit its shared memory.
    func wire(_ form: ResponseForm, compression: Compression?) throws(ServingError) -> WireResponse {
        var room = 256
        for output in outputs {
            // Numbers in JSON are about twice as long as in memory.
            let factor: Int =
                switch form[output.name] {
                case .json: output.tensor.elementType == .string ? 1 : 2
                case .binary: 1
                case .shared: 0
                }
            room += 128 + output.name.utf8.count + output.tensor.byteCount * factor
        }
        var writer = JSONWriter(ByteBufferAllocator().buffer(capacity: room))
        var binaryBytes = 0
        try write(&writer, form, &binaryBytes)
        let jsonLength = writer.buffer.readableBytes
        if binaryBytes > 0 {
            writer.buffer.reserveCapacity(jsonLength + binaryBytes)
            for output in outputs {
                if case .binary = form[output.name] { try output.appendWire(to: &writer.buffer) }
            }
        }
        var answer = WireResponse(body: writer.buffer)
        if binaryBytes > 0 { answer.jsonLength = jsonLength }
        if let compression, answer.body.readableBytes >= InferenceResponse.leastToPack,
            let packed = compression.packed(answer.body)
        {
            answer.body = packed
            answer.compression = compression
        }
        return answer
    }

    /// Smaller answers are sent as they are: packing them takes longer than sending them.
    private static let leastToPack = 1024

    private func write(
        _ writer: inout JSONWriter, _ form: ResponseForm, _ binaryBytes: inout Int
    ) throws(ServingError) {
        writer.raw("{")
        if !id.isEmpty {
            writer.key("id", isFirst: true)
            writer.string(id)
        }
        writer.key("model_name", isFirst: id.isEmpty)
        writer.string(model)
        writer.key("model_version")
        writer.string(version)
        if !parameters.isEmpty {
            writer.key("parameters")
            writer.parameters(parameters)
        }
        writer.key("outputs")
        writer.raw("[")
        for (index, output) in outputs.enumerated() {
            if index > 0 { writer.raw(",") }
            try output.write(&writer, form[output.name], &binaryBytes)
        }
        writer.raw("]}")
    }
}

extension ResponseOutput {
    fileprivate func write(
        _ writer: inout JSONWriter, _ form: ResponseForm.Output, _ binaryBytes: inout Int
    ) throws(ServingError) {
        writer.raw("{")
        writer.key("name", isFirst: true)
        writer.string(name)
        writer.key("datatype")
        writer.string(datatype.rawValue)
        writer.key("shape")
        writer.integers(shape)
        switch form {
        case .json:
            writer.key("data")
            do throws(ComputeError) {
                try writer.elements(tensor)
            } catch {
                throw ServingError(.internal, "output '\(name)': \(error.message)")
            }
        case .binary:
            let byteCount = wireByteCount
            binaryBytes += byteCount
            writer.key("parameters")
            writer.raw("{\"binary_data_size\":")
            writer.integer(byteCount)
            writer.raw("}")
        case .shared(let region, let offset, let byteCount):
            guard UInt64(wireByteCount) <= byteCount else {
                throw ServingError(
                    .invalidArgument,
                    "shared memory size specified with the request for output '\(name)' (\(byteCount) bytes) should "
                        + "be at least \(wireByteCount) bytes to hold the results")
            }
            if tensor.elementType == .string {
                var buffer = ByteBufferAllocator().buffer(capacity: wireByteCount)
                try appendWire(to: &buffer)
                try region.write(buffer.readableBytesSpan, at: offset)
            } else {
                try region.write(tensor.bytes, at: offset)
            }
        }
        writer.raw("}")
    }

    /// Adds the elements in their binary form.
    fileprivate func appendWire(to buffer: inout ByteBuffer) throws(ServingError) {
        guard tensor.elementType == .string else {
            buffer.writeBytes(tensor.bytes)
            return
        }
        for string in tensor.strings {
            guard let length = UInt32(exactly: string.utf8.count) else {
                throw ServingError(.internal, "output '\(name)' has an element of \(string.utf8.count) bytes")
            }
            buffer.writeInteger(length, endianness: .little)
            buffer.writeString(string)
        }
    }
}

extension JSONWriter {
    /// Writes parameters as an object, by name.
    mutating func parameters(_ parameters: [String: ParameterValue]) {
        raw("{")
        var isFirst = true
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            if !isFirst { raw(",") }
            isFirst = false
            string(name)
            raw(":")
            parameter(value)
        }
        raw("}")
    }

    /// Writes the value of a parameter.
    mutating func parameter(_ value: ParameterValue) {
        switch value {
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .unsigned(let value): integer(value)
        case .double(let value): double(value)
        case .string(let value): string(value)
        }
    }
}
