// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import Testing

@Suite struct LintTests {
    /// A repository with a model in it that has the given configuration.
    private func repository(_ text: String) throws -> Folder {
        let folder = try Folder()
        for name in ["layer", "layer/1"] { try folder.makeFolder(name) }
        _ = try Models.save(try Models.layer(), folder, "layer/1/model.onnx")
        try FileBytes.write(Array(text.utf8), to: folder / "layer/config.pbtxt")
        return folder
    }

    @Test("Mistakes are printed with their line and the remedy, and the exit code tells of them")
    func mistakes() throws {
        let folder = try repository("max_batch_size: 8\ninput {\n  name: \"x\"\n  dims: [ -1, 3 ]\n}\n")
        for path in ["", "layer", "layer/config.pbtxt"] {
            let result = try Tool.run("lint", folder / path)
            #expect(result.code == 1)
            #expect(result.output.contains("config.pbtxt:4: dims [ -1, 3 ] of input 'x' contain the batch dimension"))
            #expect(result.output.contains("write dims: [ 3 ]"))
        }
        let json = try Tool.run("lint", folder.path, "--json")
        #expect(json.code == 1)
        #expect(json.output.contains("contain the batch dimension"))
    }

    @Test("A configuration without its model is looked at by itself")
    func alone() throws {
        let folder = try Folder()
        try FileBytes.write(Array("max_batch_siz: 1".utf8), to: folder / "config.pbtxt")
        let wrong = try Tool.run("lint", folder / "config.pbtxt")
        #expect(wrong.code == 1)
        #expect(wrong.output.contains("config.pbtxt:1:1: a model configuration has no field 'max_batch_siz'"))
        try FileBytes.write(Array("instance_group { kind: KIND_CPU } runtime: \"r\"".utf8), to: folder / "config.pbtxt")
        let right = try Tool.run("lint", folder / "config.pbtxt")
        #expect(right.code == 0)
        #expect(right.output.contains("runtime has no effect"))
        #expect(right.output.contains("nothing is wrong"))
    }

    @Test("Explaining prints the completed configuration and why it is as it is")
    func explain() throws {
        let folder = try repository("instance_group { count: 2 }")
        for path in ["layer", "layer/1/model.onnx"] {
            let result = try Tool.run("explain", folder / path, "--no-measure")
            #expect(result.code == 0)
            #expect(result.output.contains("max_batch_size: 4"))
            #expect(result.output.contains("data_type: TYPE_FP32"))
            #expect(result.output.contains("# max_batch_size is 4: the model's first dimension varies everywhere"))
            #expect(result.output.contains("count: 2") == (path == "layer"))
        }
        let json = try Tool.run("explain", folder / "layer", "--json")
        #expect(json.output.contains(#""dynamic_batching":{"preferred_batch_size":[4]"#))
        _ = try json.json
        #expect(try Tool.run("explain", folder / "nothing").code == 1)
        let measured = try Tool.run(
            "explain", folder / "layer/1/model.onnx", environment: ["XDG_CACHE_HOME": folder / "cache"])
        #expect(measured.code == 0)
        #expect(measured.output.contains("rows and their time were 1: "))
    }
}
