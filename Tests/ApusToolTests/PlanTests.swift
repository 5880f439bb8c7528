// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusONNX
import ApusTensors
import Glibc
import Testing

@Suite struct PlanTests {
    private let folder: Folder
    private let model: String
    private let plan: String

    init() throws {
        folder = try Folder()
        model = try Models.save(try PlanTests.layer(), folder)
        plan = folder / "model.plan"
        try #require(try Tool.run("build", model, "-o", plan, "--size", "N=2").code == 0)
    }

    /// `y = x w` with 256 KB of weights.
    private static func layer(_ scale: Float = 0.001) throws -> Graph {
        let weights = (0..<256 * 256).map { scale * Float($0 % 997) }
        return Graph(
            name: "layer", inputs: [Value("x", .tensor(.float32, [Dimension(symbol: "N"), 256]))],
            outputs: [Value("y", .tensor(.float32, [Dimension(symbol: "N"), 256]))],
            nodes: [Node("MatMul", opset: 17, name: "product", inputs: ["x", "w"], outputs: ["y"])],
            constants: ["w": try Tensor(weights, shape: [256, 256])], opsets: ["": 17])
    }

    private func refusal(_ arguments: String...) throws -> String {
        let result = try Tool.run(arguments + ["--json"])
        #expect(result.code == 1)
        return try result.json["error"]?["message"]?.string ?? ""
    }

    /// The plan with another record, its checksums right.
    private func rewrite(_ change: (inout PlanRecord) -> Void) throws {
        let reader = try #require(try PlanReader.open(path: plan))
        let imported = try ONNXImporter(catalogue: nil).importModel(reader)
        var record = reader.record
        change(&record)
        try PlanWriter(properties: imported.properties, record: record).write(imported.graph, to: plan)
    }

    @Test("every command takes a plan for its model, and says what is in it")
    func commands() throws {
        for words in [["run", "--seed", "3"], ["compare", "--against", model], ["bench", "--seconds", "0"]] {
            #expect(try Tool.run([words[0], plan] + words.dropFirst()).code == 0, "\(words)")
        }
        let ours = try Tool.run("run", plan, "--seed", "3", "--json")
        let theirs = try Tool.run("run", model, "--seed", "3", "--size", "N=2", "--json")
        #expect(try ours.json["outputs"] == theirs.json["outputs"])
        let report = try Tool.run("inspect", plan, "--verify", "--json").json["plan"]
        #expect(report?["is_verified"] == .bool(true))
        #expect(report?["facts"]?["size N"]?.string == "2")
        #expect(report?["sources"]?.array?.first?["path"]?.string == "model.onnx")
        #expect(report?["segments"]?.array?.count == 1)
        #expect(try Tool.run("inspect", model, "--verify").code == 1)
        #expect(try Tool.run("build", model, "-o", folder / "second.plan", "--verify").code == 0)
        let same = try (FileBytes.read(plan), FileBytes.read(folder / "second.plan"))
        #expect(same.0 != same.1)
    }

    @Test("a plan whose model has changed is refused and says how it is built again; a touched or missing one is not")
    func sources() throws {
        let bytes = try FileBytes.read(model)
        try FileBytes.write(bytes, to: model)
        #expect(try Tool.run("run", plan).code == 0)
        _ = try Models.save(try Self.layer(0.002), folder)
        let command = "build it again with 'apus build \(model) -o \(plan) --size N=2'"
        let changed = try refusal("run", plan)
        #expect(changed.contains("its SHA-256 is") && changed.hasSuffix(command), "\(changed)")
        #expect(try Tool.run("inspect", plan).code == 0)
        #expect(try Tool.run("inspect", plan, "--verify").code == 1)
        try FileBytes.write(bytes + bytes, to: model)
        let longer = try refusal("bench", plan, "--seconds", "0")
        #expect(longer.contains("it has \(2 * bytes.count) bytes, expected \(bytes.count)"), "\(longer)")
        _ = unsafe unlink(model)
        #expect(try Tool.run("run", plan).code == 0)
    }

    @Test("external data is part of the source")
    func externalData() throws {
        let split = folder / "split.onnx"
        try #require(try Tool.run("convert", model, "-o", split, "--external-data", "1").code == 0)
        try #require(try Tool.run("build", split, "-o", plan).code == 0)
        #expect(try Tool.run("run", plan, "--size", "N=1").code == 0)
        var bytes = try FileBytes.read(split + ".data")
        bytes[4] ^= 1
        try FileBytes.write(bytes, to: split + ".data")
        #expect(try refusal("run", plan).contains("split.onnx.data' has changed"))
    }

    @Test("a plan of other kernels, another machine or other sizes is refused")
    func fingerprints() throws {
        let sizes = try refusal("run", plan, "--size", "N=4")
        #expect(sizes.contains("built with N=2, N=4 is asked for") && sizes.hasSuffix("--size N=4'"), "\(sizes)")
        let isa = try refusal("run", plan, "--isa", "scalar")
        #expect(isa.contains("this run uses scalar") && isa.contains("--isa scalar --size N=2'"), "\(isa)")
        let foreign = try refusal("run", plan, "--backend", "onnxruntime")
        #expect(foreign.contains("onnxruntime"))
        let facts = [
            ("kernels", "0123456789abcdef", "an engine with other kernels"), ("architecture", "vax", "built for vax"),
        ]
        for (key, value, words) in facts {
            try rewrite { record in
                for index in record.facts.indices where record.facts[index].key == key {
                    record.facts[index].value = value
                }
            }
            let message = try refusal("run", plan)
            #expect(message.contains(words) && message.contains("build it again with"), "\(message)")
            #expect(try Tool.run("inspect", plan).output.contains("plan, does not run here"))
        }
    }

    @Test("damage is found: in what opening reads at once, in the weights when asked to look")
    func damage() throws {
        let bytes = try FileBytes.read(plan)
        var changed = bytes
        changed[bytes.count - 3] ^= 0x10
        try FileBytes.write(changed, to: plan)
        #expect(try refusal("inspect", plan, "--verify").contains("segment 'w.packed' is damaged"))
        changed = bytes
        changed[200] ^= 1
        try FileBytes.write(changed, to: plan)
        #expect(try refusal("run", plan).contains("the plan's model is damaged"))
        try FileBytes.write(Array(bytes.dropLast(1)), to: plan)
        #expect(try refusal("run", plan).contains("it was cut short"))
    }

    @Test("a plan is not built from a plan, nor over its model, and nothing is left of one that failed")
    func refusals() throws {
        #expect(try refusal("build", plan, "-o", folder / "again.plan").contains("is a plan already"))
        #expect(try refusal("build", model, "-o", model).contains("would take the place of its model"))
        #expect(try Tool.run("run", model).code == 0)
        #expect(try refusal("build", model, "-o", folder / "none/model.plan").contains("none/model.plan"))
        #expect(Folder.names(folder.path) == ["model.onnx", "model.plan"])
    }

    @Test("two processes share one copy of a plan's weights")
    func sharedPages() throws {
        let first = try Worker("bench", plan, "--worker", "--threads", "1")
        #expect(first.line().contains("first_ms"))
        let alone = try Mapping(of: plan, in: first.process)
        let second = try Worker("bench", plan, "--worker", "--threads", "1")
        #expect(second.line().contains("first_ms"))
        let both = [try Mapping(of: plan, in: first.process), try Mapping(of: plan, in: second.process)]
        #expect(alone.kilobytes["Rss", default: 0] >= 256)
        for mapping in both {
            #expect(mapping.kilobytes["Private_Dirty"] == 0, "no page was copied")
            #expect(mapping.kilobytes["Private_Clean"] == 0, "no page belongs to one process")
            #expect(mapping.kilobytes["Shared_Clean"] == mapping.kilobytes["Rss"])
            #expect(mapping.kilobytes["Pss", default: 0] * 2 <= mapping.kilobytes["Rss", default: 0] + 4)
        }
    }

    /// What the system says of a file's pages in a process.
    private struct Mapping {
        var kilobytes: [String: Int] = [:]

        init(of path: String, in process: pid_t) throws {
            var isOurs = false
            for line in String(decoding: try FileBytes.read("/proc/\(process)/smaps"), as: UTF8.self).split(
                separator: "\n")
            {
                let words = line.split(separator: " ")
                if words.count > 4 || !(words.first?.hasSuffix(":") ?? false) {
                    isOurs = line.hasSuffix(path)
                } else if isOurs, words.count == 3, let number = Int(words[1]) {
                    kilobytes[String(words[0].dropLast()), default: 0] += number
                }
            }
        }
    }
}
