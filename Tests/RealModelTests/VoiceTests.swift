// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

/// The encodings of one voice detector over whole clips, the state carried from frame to frame.
@Suite struct VoiceTests {
    /// An encoding and the rate of a clip.
    struct Subject: Sendable, CustomTestStringConvertible {
        let name: String
        let rate: Int
        var testDescription: String { "\(name) at \(rate) Hz" }
    }

    static let subjects = [
        Subject(name: "voice", rate: 16000), Subject(name: "voice-18", rate: 16000),
        Subject(name: "voice-15", rate: 16000), Subject(name: "voice-half", rate: 16000),
        Subject(name: "voice-openvino", rate: 16000), Subject(name: "voice", rate: 8000),
        Subject(name: "voice-18", rate: 8000),
    ]

    @Test(
        "A voice detector agrees with ONNX Runtime over a whole clip at every stage",
        .enabled(if: RealModels.folder != nil, RealModels.reason), arguments: subjects, Way.stages)
    func stages(_ subject: Subject, _ way: Way) throws { try check(subject, way) }

    @Test(
        "A voice detector runs over a whole clip on the onnxruntime backend",
        .enabled(if: RealModels.folder != nil, RealModels.reason),
        .enabled(if: RealModels.library != nil, RealModels.libraryReason), arguments: subjects)
    func backend(_ subject: Subject) throws { try check(subject, .onnxruntime) }

    @Test(
        "Three encodings of one voice detector agree with each other over a whole clip",
        .enabled(if: RealModels.folder != nil, RealModels.reason), arguments: Way.stages)
    func encodings(_ way: Way) throws {
        let clips = try ["voice", "voice-18", "voice-15"].map {
            try run(Subject(name: $0, rate: 16000), way).probabilities
        }
        #expect(clips[0].count == 1875)
        #expect(clips[0].contains { $0 > 0.9 } && clips[0].contains { $0 < 0.1 }, "the clip has speech and silence")
        for clip in clips.dropFirst() {
            let distance = zip(clip, clips[0]).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(clip.count == clips[0].count && distance <= 1e-4)
        }
    }

    private func check(_ subject: Subject, _ way: Way) throws {
        let expected = try RealModels.arrays("\(subject.name).\(subject.rate)")
        let found = try run(subject, way)
        let probabilities = try #require(expected["probabilities"])
        #expect(found.probabilities.count == probabilities.elementCount)
        let result = try Tensor(found.probabilities, shape: [found.probabilities.count])
        for (one, reference) in [(result, probabilities), (found.state, try #require(expected["state"]))] {
            let agreement = try Agreement(one, reference)
            #expect(agreement.relative <= 1e-4)
            #expect(agreement.relativeLength <= 1e-4)
        }
    }

    private func run(_ subject: Subject, _ way: Way) throws -> (probabilities: [Float], state: Tensor) {
        let frames = try #require(try RealModels.arrays("voice-\(subject.rate)")["frames"])
        let samples = try frames.array(of: Float.self)
        let model = try RealModels.model(subject.name, way)
        let session = model.makeSession()
        let width = frames.shape[1]
        let rate = try Tensor(scalar: Int64(subject.rate))
        let takesRate = model.signature.input("sr") != nil
        var state = try Tensor([Float](repeating: 0, count: 256), shape: [2, 1, 128])
        var probabilities: [Float] = []
        for start in stride(from: 0, to: samples.count, by: width) {
            let frame = try Tensor(Array(samples[start..<start + width]), shape: [1, width])
            var inputs = ["input": frame, "state": state]
            if takesRate { inputs["sr"] = rate }
            let outputs = try session.run(inputs)
            probabilities += try outputs.array("output", of: Float.self)
            state = try outputs.tensor("stateN")
        }
        return (probabilities, state)
    }
}
