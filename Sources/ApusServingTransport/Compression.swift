// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing
import CApusArchives
import CApusZstd
import HTTPTypes
package import NIOCore

/// The compressions of bodies that are spoken.
package enum Compression: String {
    case gzip
    case deflate
    case zstd

    /// The names of all, as a header lists them.
    package static let names = "gzip, deflate, zstd"

    /// The compression of a body by its header; nil for none.
    ///
    /// - Throws: ``ServingError`` with code `unimplemented` for one that is not spoken.
    package static func of(_ header: String?) throws(ServingError) -> Compression? {
        guard let name = header?.lowercased(), !name.isEmpty, name != "identity" else { return nil }
        guard let compression = Compression(rawValue: name == "x-gzip" ? "gzip" : name) else {
            throw ServingError(.unimplemented, "Content-Encoding is '\(name)', expected one of \(names)")
        }
        return compression
    }

    /// The compression a client likes best, by its header with weights; nil for none.
    package static func accepted(_ header: String?) -> Compression? {
        guard let header else { return nil }
        var best: (compression: Compression?, weight: Double)?
        for part in header.split(separator: ",") {
            let fields = part.split(separator: ";").map { trimmed($0) }
            guard let name = fields.first?.lowercased() else { continue }
            var weight = 1.0
            for field in fields.dropFirst() where field.hasPrefix("q=") { weight = Double(field.dropFirst(2)) ?? 0 }
            guard weight > 0, best.map({ weight > $0.weight }) ?? true else { continue }
            if name == "identity" {
                best = (nil, weight)
            } else if let compression = Compression(rawValue: name == "x-gzip" ? "gzip" : name) {
                best = (compression, weight)
            }
        }
        return best?.compression
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    /// Unpacks a body.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` for a body that is unsound or unpacks to more than the
    ///   limit.
    package func unpacked(_ body: ByteBuffer, limit: Int) throws(ServingError) -> ByteBuffer {
        guard let unpacker = Unpacker(self) else {
            throw ServingError(.internal, "no memory to unpack the request's body")
        }
        var unpacked = ByteBufferAllocator().buffer(capacity: min(limit, max(4096, body.readableBytes * 3)))
        var status: Int32 = 0
        while status == 0 {
            let room = min(limit + 1 - unpacked.readableBytes, max(4096, unpacked.readableBytes))
            guard room > 0 else {
                throw ServingError(
                    .invalidArgument, "the request's body unpacks to more than the limit of \(limit) bytes")
            }
            // SAFETY: at most as many bytes are written as there is room for, and so many are said to be.
            unsafe body.withUnsafeReadableBytes { source in
                _ = unsafe unpacked.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                    var written = 0
                    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[..<room])
                    status = unsafe unpacker.run(source, part, &written)
                    return written
                }
            }
        }
        guard status == 1, unpacked.readableBytes <= limit else {
            throw ServingError(.invalidArgument, "the request's body is no sound \(rawValue) stream")
        }
        return unpacked
    }

    /// Packs a body; nil where that does not make it smaller.
    package func packed(_ body: ByteBuffer) -> ByteBuffer? {
        let bound =
            self == .zstd ? apus_zstd_bound(body.readableBytes) : apus_packed_bound(body.readableBytes)
        var packed = ByteBufferAllocator().buffer(capacity: bound)
        // SAFETY: the function writes at most as many bytes as there is room for, and says how many it wrote.
        let count = unsafe body.withUnsafeReadableBytes { source in
            unsafe packed.writeWithUnsafeMutableBytes(minimumWritableBytes: source.count) { target in
                let from = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
                let to = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                switch self {
                case .gzip: return unsafe apus_pack(Int32(apus_gzip), from, source.count, to, target.count)
                case .deflate: return unsafe apus_pack(Int32(apus_zlib), from, source.count, to, target.count)
                case .zstd: return unsafe apus_zstd_pack(from, source.count, to, target.count)
                }
            }
        }
        return count > 0 && count < body.readableBytes ? packed : nil
    }
}
