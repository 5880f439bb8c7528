// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingTransport
import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// The answers of calls as the payloads of frames.
enum CallFrames {
    /// The head of an answer.
    static func head(_ metadata: Metadata, _ compression: Compression?) -> HPACKHeaders {
        var headers = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
        if let compression { headers.add(name: "grpc-encoding", value: compression.rawValue) }
        headers.add(metadata)
        return headers
    }

    /// How a call ended; it carries the head as well where none was sent.
    static func status(_ status: Status, _ metadata: Metadata, hasSentHead: Bool) -> HTTP2Frame.FramePayload {
        var trailers = hasSentHead ? HPACKHeaders() : head(Metadata(), nil)
        trailers.add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty {
            trailers.add(name: "grpc-message", value: StatusMessage.encoded(status.message))
        }
        trailers.add(metadata)
        return .headers(.init(headers: trailers, endStream: true))
    }

    /// A message with its length before it.
    static func message(_ bytes: ByteBuffer) -> ByteBuffer {
        var framed = ByteBufferAllocator().buffer(capacity: 5 + bytes.readableBytes)
        framed.writeInteger(UInt8(0))
        framed.writeInteger(UInt32(truncatingIfNeeded: bytes.readableBytes))
        framed.writeImmutableBuffer(bytes)
        return framed
    }

    /// An answer with its length before it, packed where that is wanted and makes it smaller.
    static func message(
        _ answer: OutgoingInference, _ compression: Compression?
    ) throws(RPCError) -> ByteBuffer {
        let count = answer.byteCount
        guard count <= Int(UInt32.max) else {
            throw RPCError(code: .resourceExhausted, message: "an answer of \(count) bytes is too large for gRPC")
        }
        var framed = ByteBufferAllocator().buffer(capacity: 5 + count)
        framed.writeInteger(UInt8(0))
        framed.writeInteger(UInt32(count))
        do {
            // SAFETY: the buffer has room for as many bytes, and the answer writes them all.
            try unsafe framed.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
                let place = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
                var target = unsafe MutableRawSpan(_unsafeBytes: place)
                try answer.write(into: &target)
                return count
            }
        } catch {
            throw RPCError(code: .internalError, message: "the answer could not be written: \(error)")
        }
        guard let compression, count >= leastToPack, let bytes = framed.getSlice(at: 5, length: count),
            let packed = compression.packed(bytes)
        else { return framed }
        framed.clear()
        framed.writeInteger(UInt8(1))
        framed.writeInteger(UInt32(packed.readableBytes))
        framed.writeImmutableBuffer(packed)
        return framed
    }

    /// Smaller answers are sent as they are: packing them takes longer than sending them.
    private static let leastToPack = 1024
}
