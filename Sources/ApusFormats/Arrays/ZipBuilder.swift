// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Writes a ZIP archive of stored entries.
struct ZipBuilder {
    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// Appends an entry.
    ///
    /// - Throws: ``FormatError`` with code `limit` past what 32-bit archives hold.
    mutating func add(_ name: String, _ contents: [UInt8]) throws(FormatError) {
        let path = Array(name.utf8)
        guard contents.count < 0xFFFF_FFFF, bytes.count < 0xFFFF_FFFF - contents.count - 512, count < 0xFFFE,
            path.count < 0xFFFF
        else { throw FormatError(.limit, "an archive of arrays holds at most 4 GiB") }
        var fields: [UInt8] = []
        fields.append(littleEndian: UInt16(20))
        fields.append(littleEndian: UInt16(0x800))
        fields.append(littleEndian: UInt16(0))
        fields.append(littleEndian: UInt32(0x0021_0000))
        fields.append(littleEndian: ZipArchive.checksum(contents))
        fields.append(littleEndian: UInt32(contents.count))
        fields.append(littleEndian: UInt32(contents.count))
        fields.append(littleEndian: UInt16(path.count))
        fields.append(littleEndian: UInt16(0))
        directory.append(littleEndian: UInt32(0x0201_4B50))
        directory.append(littleEndian: UInt16(20))
        directory += fields
        directory += [UInt8](repeating: 0, count: 10)
        directory.append(littleEndian: UInt32(bytes.count))
        directory += path
        bytes.append(littleEndian: UInt32(0x0403_4B50))
        bytes += fields
        bytes += path
        bytes += contents
        count += 1
    }

    /// The archive with its directory.
    func finish() -> [UInt8] {
        var result = bytes + directory
        result.append(littleEndian: UInt32(0x0605_4B50))
        result.append(littleEndian: UInt32(0))
        result.append(littleEndian: UInt16(count))
        result.append(littleEndian: UInt16(count))
        result.append(littleEndian: UInt32(directory.count))
        result.append(littleEndian: UInt32(bytes.count))
        result.append(littleEndian: UInt16(0))
        return result
    }
}
