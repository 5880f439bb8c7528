// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import NIOCore

/// The bytes of a message, as they came from the connection or go to it.
package struct WireBytes: GRPCContiguousBytes, Sendable {
    var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }

    package init(repeating byte: UInt8, count: Int) { buffer = ByteBuffer(repeating: byte, count: count) }

    package init<Bytes: Sequence>(_ sequence: Bytes) where Bytes.Element == UInt8 {
        buffer = ByteBuffer(bytes: sequence)
    }

    package var count: Int { buffer.readableBytes }

    // SAFETY: here and below, the buffer's own access is passed on.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try unsafe buffer.withUnsafeReadableBytes(body)
    }

    package mutating func withUnsafeMutableBytes<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe buffer.withUnsafeMutableReadableBytes(body)
    }
}
