// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingTransport
import HTTPTypes
import Hummingbird
package import NIOCore

/// Why a body was not taken.
enum BodyError: Error {
    case tooLarge(limit: Int)
    /// It is compressed in a way that is not spoken.
    case notSpoken(ServingError)

    /// What is wrong with the body.
    var message: String {
        switch self {
        case .tooLarge(let limit): "the request's body is larger than the limit of \(limit) bytes"
        case .notSpoken(let error): error.message
        }
    }

    /// The refusal as an answer; the connection ends with it, as the rest of the body is not wanted.
    var response: Response {
        switch self {
        case .tooLarge:
            var response = Response.error(.contentTooLarge, message)
            response.headers[.connection] = "close"
            return response
        case .notSpoken(let error):
            var response = error.response
            response.headers[.acceptEncoding] = Compression.names
            return response
        }
    }
}

/// A body in the pieces it came in, which are read from the first to the last and never joined without need.
package struct CollectedBody: Sendable {
    private var pieces: [ByteBuffer] = []
    /// The piece that is read now.
    private var current = 0
    /// The bytes that are left.
    private(set) var byteCount = 0

    /// Pieces smaller than this are joined, so that a body in single bytes does not hold a buffer for each.
    private static let smallBytes = 4096

    /// Holds nothing.
    init() {}

    /// Holds pieces.
    package init(_ pieces: [ByteBuffer]) {
        for piece in pieces { append(piece) }
    }

    /// Takes in the body of a request.
    ///
    /// - Throws: ``BodyError`` past the limit, and what reading from the connection throws.
    init(of request: Request, limit: Int) async throws {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw BodyError.tooLarge(limit: limit)
        }
        for try await piece in request.body {
            guard piece.readableBytes <= limit - byteCount else { throw BodyError.tooLarge(limit: limit) }
            append(piece)
        }
    }

    /// Adds a piece at the end.
    mutating func append(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        byteCount += piece.readableBytes
        if let last = pieces.indices.last, piece.readableBytes < CollectedBody.smallBytes {
            var small = piece
            pieces[last].writeBuffer(&small)
        } else {
            pieces.append(piece)
        }
    }

    /// The next bytes as one buffer: a part of a piece where it holds them all, else a copy.
    ///
    /// The count must not be more than is left.
    mutating func take(_ count: Int) -> ByteBuffer {
        skipEmpty()
        byteCount -= count
        if current < pieces.count, let part = pieces[current].readSlice(length: count) { return part }
        var joined = ByteBufferAllocator().buffer(capacity: count)
        while joined.readableBytes < count, current < pieces.count {
            let part = min(count - joined.readableBytes, pieces[current].readableBytes)
            if var slice = pieces[current].readSlice(length: part) { joined.writeBuffer(&slice) }
            skipEmpty()
        }
        return joined
    }

    /// Copies the next bytes into memory that has room for no more than are left.
    mutating func read(into target: inout MutableRawSpan) {
        let count = target.byteCount
        byteCount -= count
        var done = 0
        while done < count {
            skipEmpty()
            guard current < pieces.count else { break }
            let part = min(count - done, pieces[current].readableBytes)
            // SAFETY: the copy is of as many bytes as both sides have.
            unsafe target.withUnsafeMutableBytes { memory in
                unsafe pieces[current].withUnsafeReadableBytes { bytes in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[done..<done + part])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<part]))
                }
            }
            pieces[current].moveReaderIndex(forwardBy: part)
            done += part
        }
    }

    private mutating func skipEmpty() {
        while current < pieces.count, pieces[current].readableBytes == 0 { current += 1 }
    }
}
