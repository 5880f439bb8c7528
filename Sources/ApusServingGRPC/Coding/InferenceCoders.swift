// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import GRPCCore

/// Reads requests for inference straight from the bytes of a call: each tensor is copied once, to where it stays.
struct InferenceDeserializer: MessageDeserializer {
    let regions: SharedMemoryRegions

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> IncomingInference {
        // SAFETY: the bytes are only read within the closure.
        unsafe bytes.withUnsafeBytes { memory in
            let bytes = unsafe memory.bindMemory(to: UInt8.self)
            return unsafe IncomingInference(bytes.span, regions)
        }
    }
}

/// Writes answers straight into the bytes of a call.
struct InferenceSerializer: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: OutgoingInference) throws -> Bytes {
        var bytes = Bytes(repeating: 0, count: message.byteCount)
        // SAFETY: the memory has as many bytes as the message.
        try unsafe bytes.withUnsafeMutableBytes { memory in
            var target = unsafe MutableRawSpan(_unsafeBytes: memory)
            try message.write(into: &target)
        }
        return bytes
    }
}
