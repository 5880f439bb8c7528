// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusArchives
import CApusZstd

/// The state of one body that is being unpacked.
@safe
struct Unpacker: ~Copyable {
    private let inflater: OpaquePointer?
    private let zstd: OpaquePointer?

    /// Begins with a body; nil without memory.
    init?(_ compression: Compression) {
        switch compression {
        case .gzip, .deflate:
            let format = compression == .gzip ? Int32(apus_gzip) : Int32(apus_zlib)
            unsafe inflater = unsafe apus_inflater_make(format)
            unsafe zstd = nil
            guard unsafe inflater != nil else { return nil }
        case .zstd:
            unsafe inflater = nil
            unsafe zstd = unsafe apus_zstd_unpacker_make()
            guard unsafe zstd != nil else { return nil }
        }
    }

    deinit {
        // SAFETY: each is freed once; neither function minds nil.
        unsafe apus_inflater_free(inflater)
        unsafe apus_zstd_unpacker_free(zstd)
    }

    /// Unpacks as much of the source, which is the same with each call, as there is room for.
    ///
    /// - Returns: 0 when the target is full, 1 when the source has ended as it should, -1 when it is unsound.
    func run(
        _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ written: inout Int
    ) -> Int32 {
        let from = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let to = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        // SAFETY: both functions read and write at most as many bytes as they are told of.
        return unsafe zstd == nil
            ? unsafe apus_inflater_run(inflater, from, source.count, to, target.count, &written)
            : unsafe apus_zstd_unpacker_run(zstd, from, source.count, to, target.count, &written)
    }
}
