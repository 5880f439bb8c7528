// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The first 128 bytes of a plan file: where its parts lie, and their checksums.
///
/// To other readers of ONNX it is a field they do not know. These bytes keep their places in all versions up to and
/// including the version's number, and the checksum in the last four.
package struct PlanHeader: Hashable, Sendable {
    /// The version of the file format; this engine reads ``currentVersion``.
    package var version = currentVersion
    /// The bytes of the whole file.
    package var fileByteCount = 0
    /// The place of the fields of the ONNX model.
    package var model = 0..<0
    /// The place of the record, which lies between the model and the segments.
    package var record = 0..<0
    /// Where the first segment begins.
    package var segmentsOffset = 0
    /// What the offsets of segments are multiples of.
    package var alignment = 4096
    /// The number of segments.
    package var segmentCount = 0
    /// The checksum of the model's fields.
    package var modelChecksum: UInt32 = 0
    /// The checksum of everything between the model and the first segment.
    package var recordChecksum: UInt32 = 0

    /// The version that is written and read.
    package static let currentVersion = 1
    /// The bytes of the header.
    package static let byteCount = 128

    /// The fields of the model message in which header, record and segments lie.
    static let fields = (header: 5000, record: 5001, segments: 5002)
    /// The header's tag and length as a protocol buffer, the length spelt with five bytes.
    private static let prefix: [UInt8] = [0xC2, 0xB8, 0x02, 0xF8, 0x80, 0x80, 0x80, 0x00]
    private static let magic = Array("APUSPLAN".utf8)

    /// Makes a header to be filled in.
    package init() {}

    /// Whether bytes begin like a plan, even if the beginning is not whole.
    package static func isPlan(_ bytes: Span<UInt8>) -> Bool {
        func holds(_ expected: [UInt8], at offset: Int) -> Bool {
            bytes.count >= offset + expected.count && expected.indices.allSatisfy { bytes[offset + $0] == expected[$0] }
        }
        return holds(prefix, at: 0) || holds(magic, at: prefix.count)
    }

    /// The header as bytes.
    package var bytes: [UInt8] {
        var result = PlanHeader.prefix + PlanHeader.magic
        func add(_ value: Int, _ byteCount: Int) {
            for index in 0..<byteCount { result.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
        }
        add(version, 4)
        add(PlanHeader.byteCount, 4)
        for value in [fileByteCount, model.lowerBound, model.count, record.lowerBound, record.count, segmentsOffset] {
            add(value, 8)
        }
        add(alignment, 4)
        add(segmentCount, 4)
        add(Int(modelChecksum), 4)
        add(Int(recordChecksum), 4)
        add(0, PlanHeader.byteCount - 4 - result.count)
        add(Int(Checksum.crc32c(result.span)), 4)
        return result
    }

    /// Reads the header of a plan and checks that the parts it names lie in the bytes.
    ///
    /// - Throws: ``ImportError`` with code `damaged` or `stalePlan`.
    package init(_ source: TensorStorage) throws(ImportError) {
        let count = PlanHeader.byteCount
        guard source.byteCount >= count else {
            throw ImportError(
                .damaged, "the plan's header takes \(count) bytes, \(source.byteCount) are there: it was cut short")
        }
        let reader = PlanHeaderReader(source: source)
        let found = Checksum.crc32c(source.bytes.extracting(0..<count - 4))
        try ImportError.check(found, reader.checksum(at: count - 4), "the plan's header", 0..<count - 4)
        guard PlanHeader.isPlan(source.bytes), try reader.number(at: 20, 4) == count else {
            throw ImportError(.damaged, "the plan's header does not begin as it should", at: 0)
        }
        version = try reader.number(at: 16, 4)
        guard version == PlanHeader.currentVersion else {
            throw ImportError(
                .stalePlan, "the plan has version \(version), this engine reads version \(PlanHeader.currentVersion)",
                at: 16)
        }
        fileByteCount = try reader.number(at: 24, 8)
        guard fileByteCount == source.byteCount else {
            let what = source.byteCount < fileByteCount ? "it was cut short" : "something was added"
            throw ImportError(
                .damaged, "the plan takes \(fileByteCount) bytes, \(source.byteCount) are there: \(what)", at: 24)
        }
        segmentsOffset = try reader.number(at: 64, 8)
        alignment = try reader.number(at: 72, 4)
        guard segmentsOffset >= count, segmentsOffset <= fileByteCount, alignment >= 64,
            alignment.nonzeroBitCount == 1, segmentsOffset % alignment == 0
        else {
            throw ImportError(
                .damaged, "segments at \(segmentsOffset), aligned to \(alignment), do not fit \(fileByteCount) bytes",
                at: 64)
        }
        model = try reader.range(at: 32, "model", within: count..<segmentsOffset)
        record = try reader.range(at: 48, "record", within: model.upperBound..<segmentsOffset)
        segmentCount = try reader.number(at: 76, 4)
        modelChecksum = reader.checksum(at: 80)
        recordChecksum = reader.checksum(at: 84)
    }
}

/// Numbers of a header, lowest byte first.
private struct PlanHeaderReader {
    let source: TensorStorage

    private func bits(at offset: Int, _ byteCount: Int) -> UInt64 {
        let bytes = source.bytes
        return (0..<byteCount).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }

    func checksum(at offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: bits(at: offset, 4)) }

    func number(at offset: Int, _ byteCount: Int) throws(ImportError) -> Int {
        let value = bits(at: offset, byteCount)
        guard let number = Int(exactly: value) else {
            throw ImportError(.damaged, "\(value) is no place in a plan", at: offset)
        }
        return number
    }

    func range(at offset: Int, _ name: String, within limits: Range<Int>) throws(ImportError) -> Range<Int> {
        let (start, count) = (try number(at: offset, 8), try number(at: offset + 8, 8))
        guard start >= limits.lowerBound, start <= limits.upperBound, count <= limits.upperBound - start else {
            throw ImportError(
                .damaged, "the plan's \(name) takes \(count) bytes at \(start), expected within \(limits)", at: offset)
        }
        return start..<start + count
    }
}

extension ImportError {
    /// Compares a checksum with the one that was written.
    ///
    /// - Throws: ``ImportError`` with code `damaged`.
    static func check(_ found: UInt32, _ expected: UInt32, _ what: String, _ range: Range<Int>) throws(ImportError) {
        guard found != expected else { return }
        func text(_ value: UInt32) -> String {
            (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }.hexadecimal
        }
        throw ImportError(
            .damaged,
            "\(what) is damaged: bytes \(range.lowerBound) to \(range.upperBound) have the CRC-32C \(text(found)), "
                + "expected \(text(expected))", at: range.lowerBound)
    }
}
