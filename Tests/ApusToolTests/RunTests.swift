// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusTensors
import Testing

@Suite struct RunTests {
    private let folder: Folder
    private let model: String
    private let x: Tensor
    /// What the model makes of `x`.
    private static let expected: [Float] = [23, 27, 50, 63]

    init() throws {
        folder = try Folder()
        model = try Models.save(try Models.layer(), folder)
        x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    }

    private func outputs(_ result: Tool.Result) throws -> [Float] {
        try #require(result.code == 0, "\(result.output) \(result.errors)")
        let data = try #require(try result.json["outputs"]?["y"]?["data"])
        return try JSONArray.decode(data, as: .float32).array(of: Float.self)
    }

    @Test("takes arrays by name from an archive and writes one")
    func archives() throws {
        try FileBytes.write(try NumpyArchive.encode([NamedArray("x", x)]), to: folder / "in.npz")
        let result = try Tool.run("run", model, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz")
        #expect(result.code == 0)
        #expect(result.output.hasPrefix("y: f32[2, 2]\n"))
        let written = try NumpyArchive.decode(try FileBytes.read(folder / "out.npz"))
        #expect(written.map(\.name) == ["y"])
        #expect(try written[0].tensor.array(of: Float.self) == RunTests.expected)
    }

    @Test("takes one input from .npy, JSON and raw bytes")
    func singleInputs() throws {
        try FileBytes.write(NumpyArray.encode(x), to: folder / "x.npy")
        try FileBytes.write(Array("[[1, 2, 3], [4, 5, 6]]".utf8), to: folder / "x.json")
        let bytes = try x.array(of: Float.self).flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(8 * $0)) }
        }
        try FileBytes.write(bytes, to: folder / "x.raw")
        for name in ["x.npy", "x.json", "x.raw"] {
            let result = try Tool.run("run", model, "--json", "--input", "x=" + folder / name)
            #expect(try outputs(result) == RunTests.expected, "\(name)")
        }
    }

    @Test("takes pictures by a preset, by a recipe beside the model, and as an input by name")
    func pictures() throws {
        let model = try Models.save(Models.picture(), folder, "picture.onnx")
        try FileBytes.write(Models.png, to: folder / "photo.png")
        let refused = try Tool.run("run", model, "--image", folder / "photo.png")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("recipe"))
        let preset = ["run", model, "--json", "--image", folder / "photo.png", "--preset", "bytes"]
        let red: [Float] = [0, 30, 60, 90]
        let rest: [Float] = [100, 100, 100, 100, 200, 200, 200, 200]
        #expect(try outputs(Tool.run(preset)) == red + rest)
        let recipe = #"{"layout": "NCHW", "type": "f32", "colours": "BGR", "scale": 1}"#
        try FileBytes.write(Array(recipe.utf8), to: folder / "picture.recipe.json")
        let beside = try Tool.run("run", model, "--json", "--input", "x=" + folder / "photo.png")
        #expect(try outputs(beside) == rest.reversed() + red)
    }

    @Test("makes missing inputs from a seed, the same each time")
    func seeds() throws {
        let first = try outputs(Tool.run("run", model, "--json", "--seed", "7", "--size", "N=4"))
        #expect(first.count == 8)
        #expect(try outputs(Tool.run("run", model, "--json", "--seed", "7", "--shape", "x=4x3")) == first)
        #expect(try outputs(Tool.run("run", model, "--json", "--seed", "8", "--size", "N=4")) != first)
        #expect(try Tool.run("run", model).errors == "made from seed 0: x\n")
    }

    @Test("names the best classes")
    func classes() throws {
        try FileBytes.write(Array("cat\ndog\n".utf8), to: folder / "names.txt")
        try FileBytes.write(Array("[[1, 0, 0]]".utf8), to: folder / "x.json")
        let input = "x=" + folder / "x.json"
        let text = try Tool.run("run", model, "--input", input, "--labels", folder / "names.txt", "--top", "1")
        #expect(text.output.contains("73.11 %  cat"))
        #expect(!text.output.contains("dog"))
        let json = try Tool.run("run", model, "--input", input, "--top", "2", "--json").json
        let best = try #require(json["classes"]?.array?.first?.array)
        #expect(best.map { $0["class"]?.int } == [0, 1])
        #expect(best.map { $0["name"]?.string } == ["class 0", "class 1"])
        let wrong = try Tool.run("run", model, "--labels", folder / "x.json")
        #expect(wrong.code == 1)
    }

    @Test("writes a trace of complete events and prints a table of operators")
    func profile() throws {
        let result = try Tool.run(
            "run", model, "--profile", folder / "trace.json", "--operators", "--stage", "imported")
        let trace = try JSONValue(parsing: try FileBytes.read(folder / "trace.json"))
        let events = try #require(trace["traceEvents"]?.array)
        #expect(events.map { $0["name"]?.string } == ["run", "MatMul", "Add", "Relu"])
        for event in events {
            #expect(event["ph"]?.string == "X")
            #expect(event["ts"]?.double != nil && event["dur"]?.double != nil)
            #expect(event["pid"]?.int != nil && event["tid"]?.int != nil)
        }
        #expect(result.output.contains("operator  nodes"))
        #expect(result.output.contains("MatMul"))
        let json = try Tool.run("run", model, "--operators", "--json").json
        #expect(json["operators"]?.array?.first?["ms"]?.double != nil)
    }

    @Test("refusals have code 1 and say why; as JSON they are objects on standard output")
    func refusals() throws {
        let missing = try Tool.run("run", folder / "none.onnx")
        #expect(missing.code == 1)
        #expect(missing.output.isEmpty)
        #expect(missing.errors.contains("none.onnx"))
        let json = try Tool.run("run", folder / "none.onnx", "--json")
        #expect(json.code == 1)
        #expect(try json.json["error"]?["code"]?.string == "file")
        let shape = try Tool.run("run", model, "--shape", "x=2x4")
        #expect(shape.code == 1)
        #expect(shape.errors.contains("f32[2, 4], expected f32[N, 3]"))
        let limit = try Tool.run("run", model, "--size", "N=1000000", "--memory-limit", "1")
        #expect(limit.code == 1)
    }

    @Test(
        "wrong command lines have code 64",
        arguments: [
            ["--threads", "0"], ["--isa", "mmx"], ["--stage", "done"], ["--input", "x"], ["--shape", "x=2xa"],
            ["--size", "N=-1"], ["--preset", "none"], ["--backend", "none"], ["--top", "0"], ["--nonsense"],
            ["--backend", "onnxruntime", "--operators"],
        ])
    func commandLines(_ arguments: [String]) throws {
        let result = try Tool.run(["run", model] + arguments)
        #expect(result.code == 64)
        #expect(result.errors.contains("Usage: apus run"))
        #expect(result.output.isEmpty)
    }
}
