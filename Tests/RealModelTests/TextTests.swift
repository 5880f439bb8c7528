// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

/// Models that write text, a token at a time: the tokens are the ones ONNX Runtime writes.
@Suite struct TextTests {
    private static let start: Int64 = 1
    private static let end: Int64 = 2
    private static let ways = Way.stages + Way.instructionSets

    @Test(
        "Names are romanized by the same tokens",
        .enabled(if: RealModels.folder != nil, RealModels.reason), arguments: ["romanizer", "persian"], ways)
    func names(_ name: String, _ way: Way) throws { try checkNames(name, way) }

    @Test(
        "Names are romanized by the same tokens on the onnxruntime backend",
        .enabled(if: RealModels.folder != nil, RealModels.reason),
        .enabled(if: RealModels.library != nil, RealModels.libraryReason), arguments: ["romanizer", "persian"])
    func namesOnBackend(_ name: String) throws { try checkNames(name, .onnxruntime) }

    @Test(
        "Words are spelled by the same tokens",
        .enabled(if: RealModels.folder != nil, RealModels.reason), arguments: ["lemma", "derive"], ways)
    func words(_ name: String, _ way: Way) throws { try checkWords(name, way) }

    @Test(
        "Words are spelled by the same tokens on the onnxruntime backend",
        .enabled(if: RealModels.folder != nil, RealModels.reason),
        .enabled(if: RealModels.library != nil, RealModels.libraryReason), arguments: ["lemma", "derive"])
    func wordsOnBackend(_ name: String) throws { try checkWords(name, .onnxruntime) }

    /// All names at once: the encoder, then the decoder with the state it carries.
    private func checkNames(_ name: String, _ way: Way) throws {
        let expected = try RealModels.arrays(name + ".tokens")
        let tokens = try #require(expected["tokens"])
        let (rows, width) = (tokens.shape[0], tokens.shape[1])
        let (source, mask) = (try #require(expected["src"]), try #require(expected["src_mask"]))
        let encoded = try RealModels.model(name + "-encoder", way).makeSession().run(["src": source, "src_mask": mask])
        let decoder = try RealModels.model(name + "-decoder", way).makeSession()
        let (memory, hiddenMask) = (try encoded.tensor("memory_out"), try encoded.tensor("src_mask_out"))
        var hidden = try encoded.tensor("hidden_out")
        var prefixes = [[Int64]](repeating: [Self.start], count: rows)
        while prefixes[0].count < width {
            let prefix = try Tensor(prefixes.flatMap { $0 }, shape: [rows, prefixes[0].count])
            let outputs = try decoder.run([
                "prefix": prefix, "memory": memory, "src_mask": hiddenMask, "hidden": hidden,
            ])
            let scores = try outputs.tensor("logprobs")
            hidden = try outputs.tensor("hidden_out")
            let choices = Agreement.tops(try scores.array(of: Float.self), scores.shape[1])
            for row in 0..<rows { prefixes[row].append(Int64(choices[row])) }
        }
        #expect(prefixes.flatMap { $0 } == (try tokens.array(of: Int64.self)))
        #expect(prefixes.allSatisfy { $0.contains(Self.end) })
    }

    /// One word at a time, all that is written so far going in again at each step.
    private func checkWords(_ name: String, _ way: Way) throws {
        let expected = try RealModels.arrays(name + ".tokens")
        let session = try RealModels.model(name, way).makeSession()
        for index in 0..<expected.count / 2 {
            let source = try #require(expected["src\(index)"])
            let tokens = try #require(expected["tokens\(index)"]).array(of: Int64.self)
            var written = [Self.start]
            while written.last != Self.end, written.count < tokens.count {
                let sent = try Tensor(written, shape: [1, written.count])
                let scores = try session.run(["src": source, "tgt_in": sent]).tensor("token_logits")
                let last = Agreement.tops(try scores.array(of: Float.self), scores.shape[2]).last
                written.append(Int64(try #require(last)))
            }
            #expect(written == tokens, "\(name) \(index)")
        }
    }
}
