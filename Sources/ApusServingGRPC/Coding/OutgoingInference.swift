// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

/// Where the outputs of an answer go that are not part of its message.
package struct OutgoingForm: Sendable {
    /// Regions of shared memory by output.
    var regions: [String: (region: SharedMemoryRegion, offset: UInt64, byteCount: UInt64)] = [:]
}

/// An answer over gRPC: a message's head and the tensors that follow it.
struct OutgoingInference: Sendable {
    /// Everything but the elements.
    private let head: [UInt8]
    /// The outputs whose elements follow; nil for one in shared memory, whose entry is empty.
    private let tensors: [ResponseOutput?]
    /// The bytes of a field around the answer, as a stream's messages have it.
    private let envelope: [UInt8]

    /// Writes outputs to shared memory where the request said so, and the answer's head.
    ///
    /// - Throws: ``ServingError`` where an output does not fit its shared memory.
    init(
        _ response: InferenceResponse, _ form: OutgoingForm, isStreamed: Bool = false
    ) throws(ServingError) {
        var writer = WireWriter(capacity: 128)
        writer.string(1, response.model)
        writer.string(2, response.version)
        writer.string(3, response.id)
        for (name, value) in response.parameters { writer.parameter(4, name, value) }
        if isStreamed { writer.parameter(4, "triton_final_response", .bool(true)) }
        var tensors: [ResponseOutput?] = []
        tensors.reserveCapacity(response.outputs.count)
        for output in response.outputs {
            var entry = WireWriter(capacity: 64)
            entry.string(1, output.name)
            entry.string(2, output.datatype.rawValue)
            var sizes = WireWriter()
            for size in output.shape { sizes.varint(UInt64(size)) }
            if !sizes.bytes.isEmpty { entry.message(3, sizes) }
            writer.message(5, entry)
            if let (region, offset, byteCount) = form.regions[output.name] {
                try OutgoingInference.write(output, region, offset, byteCount)
                tensors.append(nil)
            } else {
                tensors.append(output)
            }
        }
        head = writer.bytes
        self.tensors = tensors
        var count = head.count
        for tensor in tensors {
            let bytes = tensor?.wireByteCount ?? 0
            count += 1 + WireWriter.byteCount(UInt64(bytes)) + bytes
        }
        var envelope = WireWriter()
        if isStreamed { envelope.length(2, count) }
        self.envelope = envelope.bytes
    }

    /// An answer of a stream that only says what went wrong, and with which request.
    init(failure: ServingError, id: String) {
        var response = WireWriter()
        response.string(3, id)
        var writer = WireWriter()
        writer.string(1, failure.message)
        writer.message(2, response)
        head = writer.bytes
        tensors = []
        envelope = []
    }

    private static func write(
        _ output: ResponseOutput, _ region: SharedMemoryRegion, _ offset: UInt64, _ byteCount: UInt64
    ) throws(ServingError) {
        guard UInt64(output.wireByteCount) <= byteCount else {
            throw ServingError(
                .invalidArgument,
                "shared memory size specified with the request for output '\(output.name)' (\(byteCount) bytes) should "
                    + "be at least \(output.wireByteCount) bytes to hold the results")
        }
        guard output.tensor.elementType == .string else {
            try region.write(output.tensor.bytes, at: offset)
            return
        }
        var wire: [UInt8] = []
        try ByteStrings.appendWire(output.tensor.strings, to: &wire)
        // SAFETY: bytes have no padding.
        try region.write(unsafe wire.span.bytes, at: offset)
    }

    /// The bytes of the whole message.
    var byteCount: Int {
        tensors.reduce(envelope.count + head.count) { count, tensor in
            let bytes = tensor?.wireByteCount ?? 0
            return count + 1 + WireWriter.byteCount(UInt64(bytes)) + bytes
        }
    }

    /// Writes the message into memory of exactly as many bytes; each tensor is copied once.
    func write(into target: inout MutableRawSpan) throws(ServingError) {
        var place = 0
        // SAFETY: here and below, bytes have no padding.
        OutgoingInference.put(unsafe envelope.span.bytes, into: &target, at: &place)
        OutgoingInference.put(unsafe head.span.bytes, into: &target, at: &place)
        for tensor in tensors {
            var field = WireWriter(capacity: 12)
            field.length(6, tensor?.wireByteCount ?? 0)
            OutgoingInference.put(unsafe field.bytes.span.bytes, into: &target, at: &place)
            guard let tensor else { continue }
            if tensor.tensor.elementType == .string {
                var wire: [UInt8] = []
                try ByteStrings.appendWire(tensor.tensor.strings, to: &wire)
                OutgoingInference.put(unsafe wire.span.bytes, into: &target, at: &place)
            } else {
                OutgoingInference.put(tensor.tensor.bytes, into: &target, at: &place)
            }
        }
    }

    private static func put(_ source: RawSpan, into target: inout MutableRawSpan, at place: inout Int) {
        let start = place
        // SAFETY: slices of both are checked, and have the same size.
        unsafe source.withUnsafeBytes { bytes in
            unsafe target.withUnsafeMutableBytes { memory in
                unsafe UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + bytes.count])
                    .copyMemory(from: bytes)
            }
        }
        place += source.byteCount
    }
}
