// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Hummingbird
import NIOCore

/// A body of JSON that only says a few things.
struct SmallBody: Sendable {
    private let bytes: ByteBuffer

    /// More than this nobody has to say.
    private static let mostBytes = 1 << 20

    /// Takes in the body of a request.
    ///
    /// - Throws: ``BodyError`` past the limit, and what reading from the connection throws.
    init(of request: Request, limit: Int = mostBytes) async throws {
        var body = try await CollectedBody(of: request, limit: limit)
        bytes = body.take(body.byteCount)
    }

    /// Reads the body, or gives what stands for an empty one, which may be white space or `""`.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument`.
    func read<Value>(
        _ empty: Value, _ read: (inout JSONReader) throws(JSONError) -> Value
    ) throws(ServingError) -> Value {
        try parsing { () throws(JSONError) in
            var reader = JSONReader(bytes.readableBytesUInt8Span)
            reader.skipSpace()
            if reader.next == nil { return empty }
            if reader.next == UInt8(ascii: "\"") {
                guard try reader.string().isEmpty else { throw reader.failure("a string instead of an object") }
                try reader.end()
                return empty
            }
            return try read(&reader)
        }
    }
}
