// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

/// Models that run once, on photos, text and sound, against ONNX Runtime.
@Suite struct SingleRunTests {
    /// A model, its inputs, and whether what counts is the largest of each row.
    struct Subject: Sendable, CustomTestStringConvertible {
        let name: String
        let inputs: [String]
        let isChoice: Bool

        init(_ name: String, _ inputs: [String], isChoice: Bool = false) {
            self.name = name
            self.inputs = inputs
            self.isChoice = isChoice
        }

        var testDescription: String { name }
    }

    private static let words = (0..<8).map(String.init)
    private static let forms = (0..<4).map(String.init)

    static let subjects = [
        Subject("efficientnet-lite0", ["cat", "photos"], isChoice: true),
        Subject("efficientnet-lite0-qdq", ["cat", "photos"], isChoice: true),
        Subject("efficientnet-lite0-qoperator", ["cat", "photos"], isChoice: true),
        Subject("efficientnet-lite0-dynamic", ["cat", "photos"], isChoice: true),
        Subject("minilm", ["sentences", "paragraph"]), Subject("minilm-int8", ["sentences", "paragraph"]),
        Subject("minilm-dynamic", ["sentences", "paragraph"]), Subject("magika", ["files"], isChoice: true),
        Subject("ocr-detection", ["page"]), Subject("ocr-recognition", ["title", "lines"], isChoice: true),
        Subject("ocr-direction", ["lines"], isChoice: true), Subject("voice-sequence", ["speech"]),
        Subject("pitch", ["singing"]), Subject("romanizer-encoder", ["names"]),
        Subject("romanizer-decoder", ["names"], isChoice: true), Subject("persian-encoder", ["names"]),
        Subject("persian-decoder", ["names"], isChoice: true), Subject("lemma", words, isChoice: true),
        Subject("derive", forms, isChoice: true), Subject("iris", ["flowers"]),
    ]

    @Test(
        "A real model agrees with ONNX Runtime at every stage",
        .enabled(if: RealModels.folder != nil, RealModels.reason), arguments: subjects, Way.stages)
    func stages(_ subject: Subject, _ way: Way) throws { try check(subject, way) }

    @Test(
        "A real model agrees with ONNX Runtime on every instruction set",
        .enabled(if: RealModels.folder != nil, RealModels.reason), arguments: subjects, Way.instructionSets)
    func instructionSets(_ subject: Subject, _ way: Way) throws { try check(subject, way) }

    @Test(
        "A real model runs on the onnxruntime backend",
        .enabled(if: RealModels.folder != nil, RealModels.reason),
        .enabled(if: RealModels.library != nil, RealModels.libraryReason), arguments: subjects)
    func backend(_ subject: Subject) throws { try check(subject, .onnxruntime) }

    private func check(_ subject: Subject, _ way: Way) throws {
        let session = try RealModels.model(subject.name, way).makeSession()
        for input in subject.inputs {
            let place = "\(subject.name).\(input)"
            let outputs = try session.run(RealModels.arrays(place + ".in"))
            let isQuantized = try RealModels.hasArrays(place + ".step")
            // A graph that is not lowered rounds where the file says, as ONNX Runtime does when it fuses nothing.
            let isPlain = isQuantized && !way.isLowered
            let steps = isQuantized ? try RealModels.arrays(place + (isPlain ? ".plain-step" : ".step")) : [:]
            for (name, reference) in try RealModels.arrays(place + (isPlain ? ".plain" : ".out")) {
                let result = try flattened(try #require(outputs[name]))
                #expect(result.shape == reference.shape, "\(place) \(name)")
                guard reference.elementType == .float32 else {
                    #expect(try result.integers() == reference.integers(), "\(place) \(name)")
                    continue
                }
                let found = try Agreement(result, reference)
                if let step = try steps[name]?.array(of: Float.self).first {
                    #expect(found.largest <= Double(step) * 1.001, "\(place) \(name): step \(step)")
                } else {
                    #expect(found.relative <= 1e-4, "\(place) \(name)")
                    #expect(found.relativeLength <= 1e-4, "\(place) \(name)")
                }
                #expect(found.hasSameTops || !subject.isChoice, "\(place) \(name): another first choice")
            }
        }
    }

    /// A tensor as it is; maps as rows of their values in the order of their keys.
    private func flattened(_ datum: Datum) throws -> Tensor {
        if let tensor = datum.tensor { return tensor }
        guard case .sequence(let elements) = datum else { throw Unreadable() }
        let rows = try elements.map { element in
            guard case .map(let map) = element else { throw Unreadable() }
            let values = try map.values.array(of: Float.self)
            return zip(try map.keys.integers(), values).sorted { $0.0 < $1.0 }.map { $0.1 }
        }
        return try Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
    }

    private struct Unreadable: Error {}
}
