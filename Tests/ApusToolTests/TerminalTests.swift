// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct TerminalTests {
    private let folder: Folder
    private let model: String

    init() throws {
        folder = try Folder()
        model = try Models.save(try Models.layer(), folder)
    }

    @Test("colour goes to a terminal only, and not where NO_COLOR or a dumb terminal forbids it")
    func colour() throws {
        let bold = "\u{1B}[1m"
        #expect(try Tool.run("inspect", model, onTerminal: true).output.contains(bold))
        #expect(try !Tool.run("inspect", model).output.contains("\u{1B}"))
        let quiet = try Tool.run("inspect", model, environment: ["NO_COLOR": "1"], onTerminal: true)
        #expect(!quiet.output.contains("\u{1B}"))
        let dumb = try Tool.run("inspect", model, environment: ["TERM": "dumb"], onTerminal: true)
        #expect(!dumb.output.contains("\u{1B}"))
    }

    @Test("what takes over a second shows progress on a terminal, and takes the line away")
    func progress() throws {
        let erase = "\r\u{1B}[K"
        let long = try Tool.run("bench", model, "--seconds", "1.5", onTerminal: true).output
        #expect(long.contains(erase + "run "))
        let result = try #require(long.split(separator: erase).last)
        #expect(result.contains("throughput") && !result.contains("s to go"))
        #expect(try !Tool.run("bench", model, "--seconds", "0", onTerminal: true).output.contains(erase))
        #expect(try Tool.run("bench", model, "--seconds", "1.3").errors.isEmpty)
    }
}
