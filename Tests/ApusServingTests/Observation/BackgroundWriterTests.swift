// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct BackgroundWriterTests {
    @Test("Lines come out in the order they went in")
    func order() throws {
        let pipe = try Pipe()
        let writer = BackgroundWriter(descriptor: pipe.input)
        for number in 0..<100 { #expect(writer.write(.line("line \(number)"))) }
        writer.flush()
        #expect(pipe.text() == (0..<100).map { "line \($0)\n" }.joined())
    }

    @Test("What nobody reads is dropped and counted, and whoever writes never waits for a reader")
    func nobodyReads() throws {
        let pipe = try Pipe()
        let dropped = Lock(0)
        let writer = BackgroundWriter(descriptor: pipe.input, mostBytes: 1 << 20) { count in
            dropped.withLock { $0 += count }
        }
        let line = String(repeating: "x", count: 1000)
        for _ in 0..<2000 { writer.write(.line(line)) }
        writer.flush()
        // The pipe holds 64 KiB.
        #expect(dropped.withLock { $0 } >= 1900)
        #expect(pipe.text().utf8.count <= 64 << 10)
    }

    @Test("One thing larger than all there is room for is dropped")
    func tooLarge() throws {
        let pipe = try Pipe()
        let writer = BackgroundWriter(descriptor: pipe.input, mostBytes: 1000)
        #expect(!writer.write(.line(String(repeating: "x", count: 1000))))
        #expect(writer.write(.line("small")))
        writer.flush()
        #expect(pipe.text() == "1 lines and traces were dropped: too much to write\nsmall\n")
    }

    @Test("Elements are added to an array that stays one")
    func elements() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/trace.json"
        let writer = BackgroundWriter()
        for part in ["1,2", "3"] { writer.write(.elements(path: path, Array(part.utf8))) }
        writer.flush()
        #expect(folder.text("trace.json") == "[1,2,3]")
    }
}
