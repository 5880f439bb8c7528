// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CApusArchives

/// The entries of a ZIP archive held in memory: stored or deflated, with 64-bit sizes.
struct ZipArchive {
    struct Entry: Hashable {
        var name: String
        var method: UInt16
        var checksum: UInt32
        var packedCount: Int
        var count: Int
        var headerOffset: Int
    }

    let bytes: [UInt8]
    private(set) var entries: [Entry] = []

    /// Reads the directory of an archive.
    ///
    /// - Throws: ``FormatError`` with code `format`, `damaged` or `unsupported`.
    init(_ bytes: [UInt8]) throws(FormatError) {
        self.bytes = bytes
        let (count, start) = try ZipArchive.directory(bytes)
        var offset = start
        var names: Set<String> = []
        for _ in 0..<count {
            guard let entry = try readEntry(&offset) else {
                throw FormatError(.damaged, "the archive's directory is cut off")
            }
            guard names.insert(entry.name).inserted else {
                throw FormatError(.damaged, "the archive has two entries \"\(entry.name)\"")
            }
            entries.append(entry)
        }
    }

    /// The bytes of an entry, unpacked and checked.
    ///
    /// - Throws: ``FormatError`` with code `damaged`, `unsupported` or `limit`.
    func contents(of entry: Entry, limit: Int) throws(FormatError) -> [UInt8] {
        let offset = entry.headerOffset
        guard bytes.integer(UInt32.self, at: offset) == 0x0403_4B50,
            let name = bytes.integer(UInt16.self, at: offset + 26),
            let extra = bytes.integer(UInt16.self, at: offset + 28)
        else { throw FormatError(.damaged, "the archive has no entry where its directory says") }
        let start = offset + 30 + Int(name) + Int(extra)
        guard start <= bytes.count, entry.packedCount <= bytes.count - start else {
            throw FormatError(.damaged, "the archive ends inside an entry")
        }
        guard entry.count <= limit else {
            throw FormatError(.limit, "\(entry.count) bytes unpacked are more than the limit of \(limit)")
        }
        let packed = bytes[start..<start + entry.packedCount]
        let result: [UInt8]
        switch entry.method {
        case 0:
            guard entry.count == entry.packedCount else { throw FormatError(.damaged, "a stored entry has two sizes") }
            result = Array(packed)
        case 8: result = try ZipArchive.inflated(packed, count: entry.count)
        default: throw FormatError(.unsupported, "ZIP compression method \(entry.method); stored and deflate are read")
        }
        guard ZipArchive.checksum(result) == entry.checksum else {
            throw FormatError(.damaged, "the checksum is wrong")
        }
        return result
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        // SAFETY: the C function reads exactly the array's bytes.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe apus_crc32(base, buffer.count)
        }
    }

    private static func inflated(_ packed: ArraySlice<UInt8>, count: Int) throws(FormatError) -> [UInt8] {
        let (most, overflow) = packed.count.multipliedReportingOverflow(by: 1032)
        guard overflow || count <= most + 1032 else {
            throw FormatError(.damaged, "\(packed.count) deflated bytes cannot hold \(count)")
        }
        var result = [UInt8](repeating: 0, count: max(1, count))
        // SAFETY: the C function reads the slice's bytes and writes at most `count` into the array.
        let isSound = unsafe packed.withUnsafeBufferPointer { source in
            unsafe result.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let into = target.baseAddress else { return false }
                return unsafe apus_inflate(from, source.count, into, count) == 1
            }
        }
        guard isSound else { throw FormatError(.damaged, "the deflated bytes are damaged") }
        if count == 0 { result.removeAll() }
        return result
    }

    /// The number of entries and the offset of the first one's directory record.
    private static func directory(_ bytes: [UInt8]) throws(FormatError) -> (count: Int, start: Int) {
        guard bytes.starts(with: [0x50, 0x4B]) else { throw FormatError(.format, "not a ZIP archive") }
        var end = bytes.count - 22
        while end >= max(0, bytes.count - 22 - 0xFFFF), bytes.integer(UInt32.self, at: end) != 0x0605_4B50 { end -= 1 }
        guard bytes.integer(UInt32.self, at: end) == 0x0605_4B50, let count = bytes.integer(UInt16.self, at: end + 10),
            let start = bytes.integer(UInt32.self, at: end + 16)
        else { throw FormatError(.damaged, "the archive has no directory at its end") }
        if count != 0xFFFF && start != 0xFFFF_FFFF { return (Int(count), Int(start)) }
        guard bytes.integer(UInt32.self, at: end - 20) == 0x0706_4B50,
            let record = bytes.integer(UInt64.self, at: end - 12).flatMap({ Int(exactly: $0) }),
            record <= bytes.count - 56,
            bytes.integer(UInt32.self, at: record) == 0x0606_4B50,
            let wideCount = bytes.integer(UInt64.self, at: record + 32).flatMap({ Int(exactly: $0) }),
            let wideStart = bytes.integer(UInt64.self, at: record + 48).flatMap({ Int(exactly: $0) }),
            wideCount <= bytes.count / 46
        else { throw FormatError(.damaged, "the archive's 64-bit directory is damaged") }
        return (wideCount, wideStart)
    }

    private func readEntry(_ offset: inout Int) throws(FormatError) -> Entry? {
        guard offset >= 0, offset <= bytes.count - 46, bytes.integer(UInt32.self, at: offset) == 0x0201_4B50,
            let flags = bytes.integer(UInt16.self, at: offset + 8),
            let method = bytes.integer(UInt16.self, at: offset + 10),
            let checksum = bytes.integer(UInt32.self, at: offset + 16),
            let packed = bytes.integer(UInt32.self, at: offset + 20),
            let full = bytes.integer(UInt32.self, at: offset + 24),
            let nameCount = bytes.integer(UInt16.self, at: offset + 28).map(Int.init),
            let extraCount = bytes.integer(UInt16.self, at: offset + 30).map(Int.init),
            let commentCount = bytes.integer(UInt16.self, at: offset + 32).map(Int.init),
            let header = bytes.integer(UInt32.self, at: offset + 42),
            nameCount + extraCount + commentCount <= bytes.count - offset - 46
        else { return nil }
        guard flags & 1 == 0 else { throw FormatError(.unsupported, "encrypted archives are not read") }
        let name = String(decoding: bytes[offset + 46..<offset + 46 + nameCount], as: UTF8.self)
        let extra = offset + 46 + nameCount
        var wide = wideSizes(from: extra, to: extra + extraCount)
        func size(_ narrow: UInt32) -> Int? {
            guard narrow == 0xFFFF_FFFF else { return Int(narrow) }
            return wide.isEmpty ? nil : Int(exactly: wide.removeFirst())
        }
        guard let count = size(full), let packedCount = size(packed), let headerOffset = size(header) else {
            return nil
        }
        offset = extra + extraCount + commentCount
        guard headerOffset <= bytes.count - 30 else { return nil }
        return Entry(
            name: name, method: method, checksum: checksum, packedCount: packedCount, count: count,
            headerOffset: headerOffset)
    }

    private func wideSizes(from start: Int, to end: Int) -> [UInt64] {
        var offset = start
        while offset <= end - 4, let tag = bytes.integer(UInt16.self, at: offset),
            let count = bytes.integer(UInt16.self, at: offset + 2)
        {
            if tag == 1 {
                return stride(from: offset + 4, through: min(end, offset + 4 + Int(count)) - 8, by: 8)
                    .compactMap { bytes.integer(UInt64.self, at: $0) }
            }
            offset += 4 + Int(count)
        }
        return []
    }
}
