// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import GRPCCore
import NIOCore

/// Takes a call's messages out of its bytes: before each stand whether it is packed, in one byte, and its length.
struct MessageReader {
    private let compression: Compression?
    /// The most bytes of a message.
    private let limit: Int
    private var bytes = ByteBuffer()

    init(_ compression: Compression?, limit: Int) {
        self.compression = compression
        self.limit = limit
    }

    /// Whether bytes of a message are there that has not come whole.
    var isWithinMessage: Bool { bytes.readableBytes > 0 }

    /// Takes in bytes.
    mutating func append(_ piece: ByteBuffer) {
        if bytes.readableBytes == 0 {
            bytes = piece
            return
        }
        // Room is made for the message as it comes, so that a length alone takes no memory.
        var piece = piece
        bytes.writeBuffer(&piece)
    }

    /// The next message that has come whole.
    ///
    /// - Throws: `RPCError` for one that is too large, or packed and unsound.
    mutating func next() throws(RPCError) -> ByteBuffer? {
        guard let isPacked = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self),
            let length = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt32.self)
        else { return nil }
        guard isPacked <= 1 else {
            throw RPCError(code: .internalError, message: "a message's first byte is \(isPacked), expected 0 or 1")
        }
        guard Int(length) <= limit else {
            throw RPCError(
                code: .resourceExhausted, message: "a message of \(length) bytes is larger than the limit of \(limit)")
        }
        guard bytes.readableBytes >= 5 + Int(length) else { return nil }
        bytes.moveReaderIndex(forwardBy: 5)
        guard let message = bytes.readSlice(length: Int(length)) else { return nil }
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
        guard isPacked == 1 else { return message }
        guard let compression else {
            throw RPCError(code: .internalError, message: "a message is packed, but 'grpc-encoding' names no way")
        }
        do throws(ServingError) {
            return try compression.unpacked(message, limit: limit)
        } catch {
            throw error.rpcError
        }
    }
}
