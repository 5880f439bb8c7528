// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingFuzzTargets
import Testing
import apus_fuzz

/// The committed inputs of the fuzzers of the server's readers.
@Suite struct ServingCorpusTests {
    @Test(
        "Every reader of the server takes every file of every corpus of theirs", .timeLimit(.minutes(2)),
        arguments: ServingFuzzTarget.allCases)
    func readers(_ target: ServingFuzzTarget) {
        #expect(CorpusTests.files(target.rawValue).count > 5)
        for path in ServingFuzzTarget.allCases.flatMap({ CorpusTests.files($0.rawValue) }) {
            target.read(Files.read(path))
        }
    }

    @Test(
        "A reader of the server takes what its own files become when they are cut off", .timeLimit(.minutes(2)),
        arguments: ServingFuzzTarget.allCases)
    func truncation(_ target: ServingFuzzTarget) {
        for path in CorpusTests.files(target.rawValue) {
            let bytes = Files.read(path)
            for count in 0..<min(bytes.count, 512) { target.read(Array(bytes[..<count])) }
        }
    }
}
