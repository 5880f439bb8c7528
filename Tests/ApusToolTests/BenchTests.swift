// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusTensors
import Testing

@Suite struct BenchTests {
    private let folder: Folder
    private let model: String

    init() throws {
        folder = try Folder()
        model = try Models.save(try Models.layer(), folder)
    }

    @Test("measures loading, the first run, the spread of runs, throughput and memory")
    func report() throws {
        let text = try Tool.run("bench", model, "--seconds", "0", "--least", "20")
        #expect(text.code == 0)
        for name in ["load", "first run", "min", "median", "p90", "p99", "throughput", "peak memory"] {
            #expect(text.output.split(separator: "\n").contains { $0.hasPrefix(name + " ") }, "\(name)")
        }
        let json = try Tool.run("bench", model, "--seconds", "0", "--least", "20", "--threads", "1", "--json").json
        #expect(json["runs"]?.int == 20)
        #expect(json["threads"]?.int == 1)
        let times = ["min_ms", "median_ms", "p90_ms", "p99_ms"].compactMap { json[$0]?.double }
        #expect(times.count == 4 && times == times.sorted())
        for name in ["load_ms", "first_ms", "per_second", "peak_memory_mib"] {
            #expect(try #require(json[name]?.double) > 0, "\(name)")
        }
    }

    @Test("speaks the protocol of a benchmark driver")
    func worker() throws {
        let x = try Tensor([1, 2, 3] as [Float], shape: [1, 3])
        try FileBytes.write(try NumpyArchive.encode([NamedArray("x", x)]), to: folder / "in.npz")
        let result = try Tool.run(
            "bench", model, "--worker", "--threads", "1", "--inputs", folder / "in.npz", "--outputs",
            folder / "out.npz",
            input: "run 0 5\nrun 0.001 1\nquit\nrun 0 5\n")
        #expect(result.code == 0)
        let lines = try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        try #require(lines.count == 3)
        for name in ["import_ms", "load_ms", "first_ms", "import_rss", "rss"] {
            #expect(lines[0][name]?.double != nil, "\(name)")
        }
        #expect(lines[1]["ns"]?.array?.count == 5)
        #expect(lines[1]["ns"]?.array?.allSatisfy { ($0.int ?? 0) > 0 } == true)
        #expect((lines[2]["ns"]?.array?.count ?? 0) >= 1)
        let written = try NumpyArchive.decode(try FileBytes.read(folder / "out.npz"))
        #expect(try written.first?.tensor.array(of: Float.self) == [23, 27])
    }

    @Test("a worker that cannot load says so in its one line")
    func failingWorker() throws {
        let result = try Tool.run("bench", folder / "none.onnx", "--worker", input: "quit\n")
        #expect(try result.json["error"]?.string?.contains("none.onnx") == true)
        #expect(result.errors.isEmpty)
    }
}
