// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// Writes plan files: an ONNX model whose larger tensors lie in aligned segments behind it, with a header before it.
package struct PlanWriter {
    /// What the model says about itself.
    package var properties: ModelProperties
    /// How the plan was made; the segments are filled in.
    package var record: PlanRecord
    /// Whether the file has reached the disk when writing it ends.
    package var isDurable = true

    /// Tensors of at least this many bytes get a segment; smaller ones stay in the model.
    package static let thresholdBytes = 4096
    /// Where segments begin.
    package static let alignment = 4096

    /// Makes a writer.
    package init(properties: ModelProperties, record: PlanRecord) {
        self.properties = properties
        self.record = record
    }

    /// Writes a plan, which appears complete or not at all.
    ///
    /// - Throws: ``ExportError``.
    package func write(_ graph: Graph, to path: String) throws(ExportError) {
        let name = path.split(separator: "/").last.map(String.init) ?? "plan"
        try OutputFile.write(try parts(of: graph, location: name), to: path, isDurable: isDurable)
    }

    /// The bytes of a plan.
    ///
    /// - Throws: ``ExportError`` with code `unsupported`.
    package func bytes(of graph: Graph) throws(ExportError) -> [UInt8] {
        try parts(of: graph, location: "plan").flatMap(\.byteArray)
    }

    private func parts(of graph: Graph, location: String) throws(ExportError) -> [WireWriter.Part] {
        // The places of segments are written in digits, so the first try only tells how long the model is about.
        var head = try Head(self, graph, location, segmentsOffset: 0)
        let spare = head.segments.segments.count * 64 + 4096
        head = try Head(self, graph, location, segmentsOffset: aligned(head.byteCount + spare))
        var header = PlanHeader()
        header.model = PlanHeader.byteCount..<PlanHeader.byteCount + head.model.count
        header.record = head.recordStart..<head.recordStart + head.record.byteCount
        header.segmentsOffset = head.segments.start
        header.alignment = PlanWriter.alignment
        header.segmentCount = head.segments.segments.count
        header.fileByteCount = head.segments.end
        header.modelChecksum = Checksum.crc32c(head.model.span)
        header.recordChecksum = Checksum.crc32c(head.rest.span)
        return [.bytes(header.bytes), .bytes(head.model), .bytes(head.rest)] + head.segments.parts
    }

    private func aligned(_ offset: Int) -> Int {
        (offset + PlanWriter.alignment - 1) / PlanWriter.alignment * PlanWriter.alignment
    }

    /// Everything before the segments, for segments that begin at a given place.
    private struct Head {
        let segments: SegmentCollector
        let model: [UInt8]
        let record: WireWriter
        let recordStart: Int
        /// From the end of the model to the first segment.
        let rest: [UInt8]

        var byteCount: Int { PlanHeader.byteCount + model.count + rest.count }

        init(_ writer: PlanWriter, _ graph: Graph, _ location: String, segmentsOffset: Int) throws(ExportError) {
            segments = SegmentCollector(location: location, start: segmentsOffset)
            let exporter = ONNXExporter(properties: writer.properties)
            model = try exporter.message(graph, segments).joined
            var record = writer.record
            record.segments = segments.segments
            self.record = record.message
            var rest = WireWriter()
            rest.message(PlanHeader.fields.record, self.record)
            let modelEnd = PlanHeader.byteCount + model.count
            recordStart = modelEnd + rest.byteCount - self.record.byteCount
            rest.header(PlanHeader.fields.segments, upTo: segments.end - modelEnd)
            var bytes = rest.joined
            let gap = segmentsOffset - modelEnd - bytes.count
            if gap > 0 { bytes += [UInt8](repeating: 0, count: gap) }
            self.rest = bytes
        }
    }
}

/// Tensors collected for the segments of a plan, in the order in which nodes read them.
final class SegmentCollector: ExternalTensors {
    let location: String
    let start: Int
    let thresholdBytes = PlanWriter.thresholdBytes
    private(set) var segments: [PlanRecord.Segment] = []
    private(set) var parts: [WireWriter.Part] = []
    private(set) var end: Int
    private var names = NameSource(avoiding: [])

    init(location: String, start: Int) {
        self.location = location
        self.start = start
        end = start
    }

    func append(_ part: WireWriter.Part, name: String) -> Int {
        let padding = (PlanWriter.alignment - end % PlanWriter.alignment) % PlanWriter.alignment
        if padding > 0 { parts.append(.bytes([UInt8](repeating: 0, count: padding))) }
        let offset = end + padding
        // The first of two tries has no place yet, and needs no checksums.
        let checksum = start > 0 ? part.checksum : 0
        segments.append(
            PlanRecord.Segment(
                name: names.fresh(name), offset: offset, byteCount: part.byteCount, checksum: checksum))
        parts.append(part)
        end = offset + part.byteCount
        return offset
    }
}

extension WireWriter.Part {
    fileprivate var checksum: UInt32 {
        switch self {
        case .bytes(let bytes): Checksum.crc32c(bytes.span)
        case .tensor(let tensor): Checksum.crc32c(tensor.bytes)
        }
    }
}
