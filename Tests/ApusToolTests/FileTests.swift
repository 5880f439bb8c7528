// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusONNX
import ApusTensors
import Glibc
import Testing

@Suite struct FileTests {
    private let folder: Folder
    private let model: String

    init() throws {
        folder = try Folder()
        model = try Models.save(try Models.layer(), folder)
    }

    @Test("a plan is built, runs like its model, and is refused on another instruction set")
    func plans() throws {
        let plan = folder / "model.plan"
        let built = try Tool.run("build", model, "-o", plan, "--isa", "scalar", "--json")
        #expect(built.code == 0)
        #expect(try built.json["output"]?.string == plan)
        let ours = try Tool.run("run", plan, "--seed", "3", "--isa", "scalar", "--json")
        let theirs = try Tool.run("run", model, "--seed", "3", "--isa", "scalar", "--json")
        #expect(ours.code == 0)
        #expect(try ours.json["outputs"] == theirs.json["outputs"])
        #expect(try Tool.run("inspect", plan).output.contains("plan, instructions"))
        #expect(try Tool.run("build", model, "-o", plan, "--stage", "imported").code == 64)
        #expect(try Tool.run("build", model, "-o", folder / "none/model.plan").code == 1)
    }

    @Test("a model is converted to a simpler one and to text")
    func conversions() throws {
        let simple = try Tool.run("convert", model, "-o", folder / "simple.onnx", "--json")
        #expect(try simple.json["nodes_before"]?.int == 3)
        #expect(try Tool.run("compare", model, "--against", folder / "simple.onnx").code == 0)
        let text = try Tool.run("convert", model, "-o", folder / "model.txt", "--stage", "imported")
        #expect(text.output == "\(folder / "model.txt"): 3 nodes, from 3\n")
        let graph = String(decoding: try FileBytes.read(folder / "model.txt"), as: UTF8.self)
        #expect(graph.hasPrefix("graph \"layer\"(x: f32[N, 3]) -> (y: f32[N, 2]) {"))
        let split = try Tool.run("convert", model, "-o", folder / "split.onnx", "--external-data", "8")
        #expect(split.code == 0)
        #expect(try Tool.run("compare", model, "--against", folder / "split.onnx").code == 0)
        #expect(try Tool.run("convert", model, "-o", folder / "low.onnx", "--stage", "lowered").code == 64)
    }

    @Test("conformance cases pass, fail and are skipped with reasons")
    func conformance() throws {
        try makeCase("right", [23, 27])
        try makeCase("wrong", [23, 28])
        let all = try Tool.run("conformance", folder / "cases", "--stage", "imported", "--stage", "lowered")
        #expect(all.code == 2)
        #expect(all.output.contains("1 passed, 1 failed, 0 skipped"))
        #expect(all.output.contains("failed wrong: output 0 'y': element 1"))
        let right = try Tool.run("conformance", folder / "cases", "--filter", "right", "--json")
        #expect(right.code == 0)
        #expect(try right.json.array?.count == 4)
        #expect(try right.json.array?.first?["operators"]?["MatMul"]?["passed"]?.int == 1)
        #expect(try Tool.run("conformance", folder / "cases", "--filter", "right", "--least", "2").code == 2)
        try FileBytes.write(Array("# why\nwrong: expects too much\n".utf8), to: folder / "skips.txt")
        let skipped = try Tool.run("conformance", folder / "cases", "--skips", folder / "skips.txt", "--brief")
        #expect(skipped.code == 0)
        #expect(skipped.output.contains("skipped wrong: expects too much"))
        #expect(try Tool.run("conformance", folder / "none").code == 1)
        #expect(
            try Tool.run("conformance", folder / "cases", "--backend", "onnxruntime", "--stage", "lowered").code == 64)
    }

    @Test("a foreign library that ends the process leaves a line that says what it was doing")
    func crashes() throws {
        try makeCase("right", [23, 27])
        let code = "#include <stdlib.h>\nvoid *OrtGetApiBase(void) { abort(); }\n"
        try FileBytes.write(Array(code.utf8), to: folder / "crash.c")
        // SAFETY: the command is a C string for the call.
        let status = unsafe system("clang -shared -fPIC -o \(folder / "crash.so") \(folder / "crash.c")")
        try #require(status == 0)
        let result = try Tool.run(
            "conformance", folder / "cases", "--backend", "onnxruntime", "--library", folder / "crash.so", "--json")
        #expect(result.code == -SIGABRT)
        #expect(result.errors.hasSuffix("apus: the process was ended while it loaded onnxruntime\n"))
    }

    private func makeCase(_ name: String, _ expected: [Float]) throws {
        let path = folder / "cases/\(name)"
        for part in ["cases", "cases/\(name)", "cases/\(name)/test_data_set_0"] { try folder.makeFolder(part) }
        _ = try Models.save(try Models.layer(), folder, "cases/\(name)/model.onnx")
        let x = Datum.tensor(try Tensor([1, 2, 3] as [Float], shape: [1, 3]))
        try ONNXExporter().export(x, to: path + "/test_data_set_0/input_0.pb")
        let y = Datum.tensor(try Tensor(expected, shape: [1, 2]))
        try ONNXExporter().export(y, to: path + "/test_data_set_0/output_0.pb")
    }

    @Test("completion scripts name the subcommands", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) throws {
        let result = try Tool.run("completions", shell)
        #expect(result.code == 0)
        for name in ["run", "inspect", "bench", "compare", "build", "convert", "conformance"] {
            #expect(result.output.contains(name))
        }
        let wrapped = try Tool.run("completions", shell, "--json").output
        let value = try JSONValue(parsing: Array(wrapped.utf8))
        #expect(value["shell"] == .string(shell) && value["script"] == .string(String(result.output.dropLast())))
    }

    @Test("help documents the exit codes; other words are errors of the command line")
    func help() throws {
        let help = try Tool.run("--help")
        #expect(help.code == 0)
        #expect(help.output.contains("Exit codes: 0 success"))
        #expect(try Tool.run("--version").output.first?.isNumber == true)
        #expect(try Tool.run("completions", "tcsh").code == 64)
        #expect(try Tool.run("fly").code == 64)
    }
}
