// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import SwiftProtobuf
import Testing

@Suite struct PlanFormatTests {
    /// `y = x + w`, `w` in a segment, and a body with a constant of its own that is in one as well.
    private static func graph() throws -> Graph {
        let size = PlanWriter.thresholdBytes / 4
        let numbers = (0..<size).map { Float($0) }
        let small = try Tensor([1, 2] as [Float], shape: [2])
        let branch = Graph(
            name: "branch", outputs: [Value("b", .unknown)],
            nodes: [Node("Add", opset: 17, inputs: ["x", "v"], outputs: ["b"])],
            constants: ["v": try Tensor(numbers.reversed(), shape: [size])], opsets: ["": 17])
        let nodes = [
            Node("Add", opset: 17, inputs: ["x", "w"], outputs: ["s"]),
            Node(
                "If", opset: 17, inputs: ["c"], outputs: ["y"],
                attributes: ["then_branch": .graph(branch), "else_branch": .graph(branch.renamed())]),
        ]
        return Graph(
            name: "net", inputs: [Value("x", .tensor(.float32, [Dimension(size)])), Value("c", .tensor(.bool, []))],
            outputs: [Value("y", .unknown), Value("s", .unknown)], nodes: nodes,
            constants: ["w": try Tensor(numbers, shape: [size]), "small": small], opsets: ["": 17])
    }

    private static func plan() throws -> [UInt8] {
        var record = PlanRecord()
        record.facts = [("made for", "tests")]
        record.sources = [
            PlanRecord.Source(path: "net.onnx", byteCount: 7, modified: 8, digest: [UInt8](repeating: 9, count: 32))
        ]
        return try PlanWriter(properties: ModelProperties(), record: record).bytes(of: try graph())
    }

    private func open(_ bytes: [UInt8]) throws -> PlanReader { try #require(try PlanReader.open(bytes: bytes)) }

    @Test("what was written is read: record, graph and every tensor, the large ones where they lie")
    func roundTrip() throws {
        let plan = try open(try Self.plan())
        #expect(plan.record["made for"] == "tests")
        #expect(plan.record.sources.map(\.path) == ["net.onnx"])
        #expect(plan.record.sources[0].digest == [UInt8](repeating: 9, count: 32))
        #expect(plan.record.segments.map(\.name) == ["v2", "v", "w"])
        #expect(plan.record.segments.allSatisfy { $0.offset % 4096 == 0 && $0.version == 1 })
        try plan.verifySegments()
        let model = try ONNXImporter(catalogue: nil).importModel(plan)
        #expect(model.plan?["made for"] == "tests")
        let expected = try Self.graph()
        #expect(model.graph.nodes.map(\.operatorName) == ["Add", "If"])
        let (ours, theirs) = (try #require(model.graph.constants["w"]), try #require(expected.constants["w"]))
        #expect(try ours.array(of: Float.self) == theirs.array(of: Float.self))
        #expect(ours.storage === plan.storage)
        #expect(try model.graph.constants["small"]?.array(of: Float.self) == [1, 2])
        let branch = try #require(model.graph.nodes[1].subgraphs.first).graph
        #expect(branch.constants.values.allSatisfy { $0.storage === plan.storage })
    }

    @Test("SwiftProtobuf reads a plan as a model, its weights as external data of the same file")
    func oracle() throws {
        let bytes = try Self.plan()
        let model = try OracleModel(serializedBytes: bytes)
        let graph = try #require(model.graph.first)
        #expect(graph.nodes.count == 2)
        let weight = try #require(graph.initializers.first { $0.name == "w" })
        #expect(weight.raw == nil)
        let segment = try #require(try open(bytes).record.segments.last)
        #expect(
            weight.external == [
                OraclePair("location", "plan"), OraclePair("offset", String(segment.offset)),
                OraclePair("length", String(segment.byteCount)),
            ])
    }

    @Test("the importer alone reads a plan too, and a graph without large tensors is a plan without segments")
    func plainReading() throws {
        let model = try ONNXImporter(catalogue: nil).importModel(bytes: try Self.plan())
        #expect(model.plan != nil)
        let graph = Graph(
            inputs: [Value("x", .tensor(.float32, [1]))], outputs: [Value("y", .unknown)],
            nodes: [Node("Relu", opset: 17, inputs: ["x"], outputs: ["y"])], opsets: ["": 17])
        let writer = PlanWriter(properties: ModelProperties(), record: PlanRecord())
        let plan = try open(try writer.bytes(of: graph))
        #expect(plan.record.segments.isEmpty)
        try plan.verifySegments()
        #expect(try PlanReader.open(bytes: ONNXExporter().bytes(of: graph)) == nil)
    }

    /// What becomes of changed bytes: the error of opening and importing them, or of verifying them.
    private func refusal(_ bytes: [UInt8]) -> ImportError? {
        do throws(ImportError) {
            let model = try ONNXImporter(catalogue: nil).importModel(bytes: bytes)
            guard model.plan != nil, let plan = try PlanReader.open(bytes: bytes) else { return nil }
            try plan.verifySegments()
            return nil
        } catch {
            return error
        }
    }

    @Test("every single flipped bit is found, and the error says where, what was expected and what is there")
    func flips() throws {
        let bytes = try Self.plan()
        let plan = try open(bytes)
        // Every byte of the header and around the borders of parts, and every 37th of the rest.
        var places = Set(0..<PlanHeader.byteCount).union(stride(from: 0, to: bytes.count, by: 37))
        for border in [plan.header.model.upperBound, plan.header.record.upperBound, plan.header.segmentsOffset] {
            places.formUnion(max(0, border - 8)..<min(bytes.count, border + 8))
        }
        for place in places.sorted() {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            let error = try #require(refusal(changed), "a flip at \(place) is not found")
            #expect([.damaged, .malformed, .limit].contains(error.code), "\(place): \(error)")
            if place >= 16 {
                #expect(error.code == .damaged, "\(place): \(error)")
                #expect(error.byteOffset != nil)
                #expect(error.message.contains("expected"), "\(place): \(error)")
            }
        }
    }

    @Test("a flip in a segment names the segment, and opening alone does not look for it")
    func segments() throws {
        var bytes = try Self.plan()
        let segment = try #require(try open(bytes).record.segments.last)
        bytes[segment.offset + 5] ^= 4
        let plan = try open(bytes)
        let error = try #require(throws: ImportError.self) { try plan.verifySegments() }
        #expect(error.code == .damaged)
        #expect(error.message.contains("segment 'w' is damaged"))
        #expect(error.byteOffset == segment.offset)
    }

    @Test("a plan that was cut short anywhere, or has something added, is refused")
    func lengths() throws {
        let bytes = try Self.plan()
        for count in Set(16..<200).union(stride(from: 16, to: bytes.count, by: 501)).union([bytes.count - 1]) {
            let error = try #require(throws: ImportError.self) { try open(Array(bytes.prefix(count))) }
            #expect(error.code == .damaged)
            #expect(error.message.contains("cut short"), "\(count): \(error)")
        }
        let error = try #require(throws: ImportError.self) { try open(bytes + [0]) }
        #expect(error.message.contains("something was added"))
    }

    @Test("another version is refused with both versions")
    func versions() throws {
        var bytes = try Self.plan()
        var header = try PlanHeader(TensorStorage(copying: bytes.span))
        header.version = 2
        bytes.replaceSubrange(0..<PlanHeader.byteCount, with: header.bytes)
        let error = try #require(throws: ImportError.self) { try open(bytes) }
        #expect(error.code == .stalePlan)
        #expect(error.message == "the plan has version 2, this engine reads version 1")
    }

    @Test("a header that checks but lies about places is refused")
    func lies() throws {
        let bytes = try Self.plan()
        let changes: [(inout PlanHeader) -> Void] = [
            { $0.model = 128..<$0.fileByteCount + 1 }, { $0.model = 0..<64 }, { $0.model = 128..<128 },
            { $0.record = 0..<$0.record.upperBound }, { $0.record = $0.record.lowerBound..<Int.max },
            { $0.segmentsOffset = 0 }, { $0.segmentsOffset = Int.max & ~4095 }, { $0.segmentsOffset += 64 },
            { $0.segmentsOffset += 4096 }, { $0.alignment = 0 }, { $0.alignment = 4095 }, { $0.alignment = 1 << 30 },
            { $0.segmentCount += 1 }, { $0.modelChecksum ^= 1 }, { $0.recordChecksum ^= 1 }, { $0.fileByteCount += 1 },
        ]
        for (index, change) in changes.enumerated() {
            var header = try PlanHeader(TensorStorage(copying: bytes.span))
            change(&header)
            var changed = bytes
            changed.replaceSubrange(0..<PlanHeader.byteCount, with: header.bytes)
            let error = try #require(refusal(changed), "change \(index) is not found")
            #expect([.damaged, .malformed].contains(error.code), "change \(index): \(error)")
        }
    }

    @Test("a record that checks but lies about segments is refused")
    func recordLies() throws {
        let bytes = try Self.plan()
        func changing(_ change: (inout [UInt8], Range<Int>) -> Void) throws -> ImportError? {
            var changed = bytes
            var header = try PlanHeader(TensorStorage(copying: bytes.span))
            change(&changed, header.record)
            header.recordChecksum = Checksum.crc32c(changed[header.model.upperBound..<header.segmentsOffset].span)
            changed.replaceSubrange(0..<PlanHeader.byteCount, with: header.bytes)
            return refusal(changed)
        }
        var found = 0
        for place in try open(bytes).header.record {
            for flip in [0x01, 0x80] as [UInt8] {
                let error = try changing { bytes, _ in bytes[place] ^= flip }
                if error != nil { found += 1 }
            }
        }
        // Names, facts and digests may say anything; places may not.
        #expect(found > 20)
    }

    @Test("a plan file is written atomically: the old one stays when the new one cannot be made")
    func atomically() throws {
        let writer = PlanWriter(properties: ModelProperties(), record: PlanRecord())
        let error = try #require(throws: ExportError.self) {
            try writer.write(try Self.graph(), to: "/nonexistent/net.plan")
        }
        #expect(error.code == .file)
    }
}

extension Graph {
    /// The same graph with other names for what it makes and holds.
    fileprivate func renamed() -> Graph {
        var result = self
        result.outputs = outputs.map { Value($0.name + "2", $0.type) }
        result.constants = Dictionary(uniqueKeysWithValues: constants.map { ($0.key + "2", $0.value) })
        result.nodes = nodes.map { node in
            var copy = node
            copy.inputs = node.inputs.map { constants[$0] == nil ? $0 : $0 + "2" }
            copy.outputs = node.outputs.map { $0 + "2" }
            return copy
        }
        return result
    }
}
