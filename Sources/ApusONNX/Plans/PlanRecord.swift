// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// What a plan file says about itself: how and from what it was made, and where its segments lie.
package struct PlanRecord: Sendable {
    /// A file the plan was made from.
    package struct Source: Hashable, Sendable {
        /// Its path, relative to the plan's folder where it lies in or below it.
        package var path: String
        /// Its bytes.
        package var byteCount: Int
        /// When it was last changed, in nanoseconds since 1970.
        package var modified: Int64
        /// The SHA-256 digest of its bytes.
        package var digest: [UInt8]

        /// Makes a description of a file.
        package init(path: String, byteCount: Int, modified: Int64, digest: [UInt8]) {
            (self.path, self.byteCount, self.modified, self.digest) = (path, byteCount, modified, digest)
        }
    }

    /// Where the bytes of one tensor lie.
    package struct Segment: Hashable, Sendable {
        /// The tensor's name; unique in the plan.
        package var name: String
        /// Where it begins in the file.
        package var offset: Int
        /// Its bytes.
        package var byteCount: Int
        /// The CRC-32C of its bytes.
        package var checksum: UInt32
        /// How often its bytes were replaced, from 1.
        package var version = 1

        /// The place in the file.
        package var range: Range<Int> { offset..<offset + byteCount }
    }

    /// How the plan was made, by name.
    package var facts: [(key: String, value: String)] = []
    /// The model's file, then those of its external data.
    package var sources: [Source] = []
    /// In the order of their places.
    package internal(set) var segments: [Segment] = []

    /// Makes a record that says nothing.
    package init() {}

    /// The value of a fact.
    package subscript(key: String) -> String? { facts.first { $0.key == key }?.value }

    var message: WireWriter {
        var writer = WireWriter()
        for (key, value) in facts { writer.message(1, ONNXExporter.pair(key, value)) }
        for source in sources {
            var entry = WireWriter()
            entry.string(1, source.path)
            entry.integer(2, Int64(source.byteCount))
            entry.integer(3, source.modified)
            entry.bytes(4, source.digest)
            writer.message(2, entry)
        }
        for segment in segments {
            var entry = WireWriter()
            entry.string(1, segment.name)
            entry.integer(2, Int64(segment.offset))
            entry.integer(3, Int64(segment.byteCount))
            entry.integer(4, Int64(segment.checksum))
            entry.integer(5, Int64(segment.version))
            writer.message(3, entry)
        }
        return writer
    }

    /// Reads the record of a plan and checks that its segments lie in the file, one behind the other.
    init(_ source: TensorStorage, _ header: PlanHeader) throws(ImportError) {
        var reader = WireReader(source.bytes, header.record)
        while let field = try reader.next() {
            switch field.number {
            case 1: facts.append(try PairMessage.read(field.message(), in: source))
            case 2: sources.append(try PlanRecord.source(field.message(), in: source))
            case 3: segments.append(try PlanRecord.segment(field.message(), in: source))
            default: continue
            }
        }
        guard segments.count == header.segmentCount else {
            throw ImportError(
                .damaged, "the plan lists \(segments.count) segments, expected \(header.segmentCount)",
                at: header.record.lowerBound)
        }
        var end = header.segmentsOffset
        var names: Set<String> = []
        for segment in segments {
            guard segment.offset >= end, segment.offset % header.alignment == 0, segment.offset <= header.fileByteCount,
                segment.byteCount >= 0, segment.byteCount <= header.fileByteCount - segment.offset
            else {
                throw ImportError(
                    .damaged,
                    "segment \(segment.name.quoted) takes \(segment.byteCount) bytes at \(segment.offset), expected a "
                        + "multiple of \(header.alignment) within \(end) to \(header.fileByteCount)",
                    at: header.record.lowerBound)
            }
            guard names.insert(segment.name).inserted else {
                throw ImportError(
                    .damaged, "segment \(segment.name.quoted) is there twice", at: header.record.lowerBound)
            }
            end = segment.range.upperBound
        }
    }

    private static func source(_ range: Range<Int>, in storage: TensorStorage) throws(ImportError) -> Source {
        var result = Source(path: "", byteCount: 0, modified: 0, digest: [])
        var reader = WireReader(storage.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: result.path = try field.string(in: storage)
            case 2: result.byteCount = Int(try field.integer())
            case 3: result.modified = try field.integer()
            case 4:
                let place = try field.message()
                guard place.count == 32 else {
                    throw ImportError(
                        .damaged, "a digest takes 32 bytes, \(place.count) are there", at: range.lowerBound)
                }
                let bytes = storage.bytes
                result.digest = place.map { bytes[$0] }
            default: continue
            }
        }
        return result
    }

    private static func segment(_ range: Range<Int>, in storage: TensorStorage) throws(ImportError) -> Segment {
        var result = Segment(name: "", offset: 0, byteCount: 0, checksum: 0)
        var reader = WireReader(storage.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: result.name = try field.string(in: storage)
            case 2: result.offset = Int(try field.integer())
            case 3: result.byteCount = Int(try field.integer())
            case 4: result.checksum = UInt32(truncatingIfNeeded: try field.integer())
            case 5: result.version = Int(try field.integer())
            default: continue
            }
        }
        return result
    }
}
