// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// An opened plan file: header, model and record are checked, the segments lie untouched where they were mapped.
package struct PlanReader: Sendable {
    /// The whole file.
    package let storage: TensorStorage
    /// Where its parts lie.
    package let header: PlanHeader
    /// What it says about itself.
    package let record: PlanRecord
    /// The file, when there is one.
    package private(set) var path: String?
    private let segments: [Int: Int]

    /// Maps a plan file; nil when the file is no plan.
    ///
    /// - Throws: ``ImportError`` with code `file`, `damaged` or `stalePlan`.
    package static func open(path: String) throws(ImportError) -> PlanReader? {
        let storage = try ONNXImporter.map(path)
        guard PlanHeader.isPlan(storage.bytes) else { return nil }
        do {
            var plan = try PlanReader(storage)
            plan.path = path
            return plan
        } catch {
            throw error.naming(path)
        }
    }

    /// Copies the bytes of a plan; nil when they are no plan.
    ///
    /// - Throws: ``ImportError`` with code `damaged`, `stalePlan` or `limit`.
    package static func open(bytes: [UInt8]) throws(ImportError) -> PlanReader? {
        guard PlanHeader.isPlan(bytes.span) else { return nil }
        return try PlanReader(ONNXImporter.copy(bytes))
    }

    /// Reads a plan from memory that its weights will share.
    ///
    /// - Throws: ``ImportError`` with code `damaged` or `stalePlan`.
    package init(_ storage: TensorStorage) throws(ImportError) {
        self.storage = storage
        header = try PlanHeader(storage)
        func checksum(_ range: Range<Int>) -> UInt32 { Checksum.crc32c(storage.bytes.extracting(range)) }
        try ImportError.check(checksum(header.model), header.modelChecksum, "the plan's model", header.model)
        let rest = header.model.upperBound..<header.segmentsOffset
        try ImportError.check(checksum(rest), header.recordChecksum, "the plan's record", rest)
        record = try PlanRecord(storage, header)
        segments = Dictionary(record.segments.map { ($0.offset, $0.byteCount) }) { max($0, $1) }
    }

    /// Reads every segment and compares it with its checksum; opening a plan does not, for it touches no weights.
    ///
    /// - Throws: ``ImportError`` with code `damaged` that names the segment.
    package func verifySegments() throws(ImportError) {
        do { try compareSegments() } catch { throw error.naming(path) }
    }

    private func compareSegments() throws(ImportError) {
        let bytes = storage.bytes
        var end = header.segmentsOffset
        for segment in record.segments {
            try checkGap(end..<segment.offset)
            let found = Checksum.crc32c(bytes.extracting(segment.range))
            try ImportError.check(found, segment.checksum, "segment \(segment.name.quoted)", segment.range)
            end = segment.range.upperBound
        }
        try checkGap(end..<storage.byteCount)
        if let path = storage.damagedFile {
            throw ImportError(.damaged, "'\(path)' was cut short while it was being read")
        }
    }

    /// Between segments there are zeros.
    private func checkGap(_ range: Range<Int>) throws(ImportError) {
        let bytes = storage.bytes
        if let place = range.first(where: { bytes[$0] != 0 }) {
            throw ImportError(.damaged, "between segments is \(bytes[place]), expected 0", at: place)
        }
    }

    /// Where the bytes of an external tensor lie.
    func bytes(of message: TensorMessage, expected: Int) throws(ImportError) -> (TensorStorage, Range<Int>) {
        let text = message.external.first { $0.key == "offset" }?.value ?? "0"
        guard let offset = Int(text), let byteCount = segments[offset] else {
            throw ImportError(
                .damaged, "tensor \(message.name.quoted) lies at \(text), where no segment begins",
                at: message.byteOffset)
        }
        guard byteCount == expected else {
            throw ImportError(
                .damaged, "tensor \(message.name.quoted) takes \(expected) bytes, its segment has \(byteCount)",
                at: message.byteOffset)
        }
        return (storage, offset..<offset + byteCount)
    }
}
