// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFuzzTargets
import Glibc
import Testing
import apus_fuzz

/// The committed inputs of the fuzzers: what they begin with, and everything that once ended in a trap.
@Suite struct CorpusTests {
    private static let folder = String(#filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined())

    static func files(_ name: String) -> [String] {
        // SAFETY: the directory is closed once, and names are copied before the next call.
        guard let directory = unsafe opendir("\(folder)/Fuzz/Corpus/\(name)") else { return [] }
        defer { unsafe closedir(directory) }
        var found: [String] = []
        while let entry = unsafe readdir(directory) {
            let file = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !file.hasPrefix(".") { found.append("\(folder)/Fuzz/Corpus/\(name)/\(file)") }
        }
        return found.sorted()
    }

    @Test("Every reader takes every file of every corpus", .timeLimit(.minutes(2)), arguments: FuzzTarget.allCases)
    func readers(_ target: FuzzTarget) {
        let own = Self.files(target.rawValue)
        #expect(own.count > 5)
        for path in FuzzTarget.allCases.flatMap({ Self.files($0.rawValue) }) + Self.files("models") {
            target.read(Files.read(path))
        }
    }

    @Test("A reader takes what its own files become when they are cut off", arguments: FuzzTarget.allCases)
    func truncation(_ target: FuzzTarget) {
        for path in Self.files(target.rawValue) {
            let bytes = Files.read(path)
            for count in stride(from: 0, to: min(bytes.count, 512), by: 1) { target.read(Array(bytes[..<count])) }
        }
    }

    @Test("Models that once ended in a trap or a hang are refused or run", .timeLimit(.minutes(5)))
    func models() {
        let paths = Self.files("models") + Self.files("onnx")
        #expect(paths.count > 10)
        for path in paths {
            let bytes = Files.read(path)
            for seed in 0..<4 as Range<UInt64> {
                let start = ContinuousClock.now
                _ = Trial(bytes: bytes, seed: seed).outcome()
                #expect(ContinuousClock.now - start < .seconds(20), "\(path)")
            }
        }
    }

    @Test("A seed and an index always make the same mutant, and most can be read as messages")
    func mutants() {
        let corpus = Corpus(paths: Self.files("onnx"), seed: 7)
        #expect(corpus.count > 10)
        var readable = 0
        for index in 0..<500 {
            let mutant = corpus.mutant(index)
            #expect(mutant == corpus.mutant(index))
            if WireField.parse(mutant[...], as: .model) != nil { readable += 1 }
        }
        #expect(readable > 300)
    }

    @Test("Taking a model apart and putting it together changes nothing")
    func wireTree() {
        for path in Self.files("onnx") where !path.hasSuffix(".pb") {
            let bytes = Files.read(path)
            guard let tree = WireField.parse(bytes[...], as: .model) else { continue }
            #expect(WireField.bytes(of: tree) == bytes, "\(path)")
        }
    }
}
