// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusONNX
import ApusTensors
import FoundationEssentials
import Glibc
import Testing

@Suite struct ExternalDataTests {
    private let folder: TemporaryFolder
    private let outside: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        outside = try TemporaryFolder()
        _ = try folder.write(ExternalDataTests.numbers, to: "data.bin")
        _ = try outside.write(ExternalDataTests.numbers, to: "secret.bin")
    }

    private static let numbers: [UInt8] = (0..<8).map { UInt8($0) } + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]

    private func tensor(_ settings: [OraclePair], dims: [Int64] = [2]) -> OracleTensor {
        OracleTensor("w", type: 1, dims: dims) {
            $0.external = settings
            $0.location = 1
        }
    }

    private func load(_ settings: [OraclePair], options: ImportOptions = ImportOptions()) throws -> Tensor? {
        let model = OracleModel([OracleNode("Relu", ["x"], ["y"])]) { $0.initializers = [tensor(settings)] }
        let path = try folder.write(try model.serialized(), to: "model.onnx")
        return try ONNXImporter(catalogue: nil, options: options).importModel(path: path).graph.constants["w"]
    }

    private func expectRefusal(
        _ location: String, saying text: String, _ more: [OraclePair] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do {
            _ = try load([OraclePair("location", location)] + more)
            Issue.record("\(location) was read", sourceLocation: sourceLocation)
        } catch let error as ImportError {
            #expect(error.code == .externalData, sourceLocation: sourceLocation)
            #expect(error.message.contains("'w'"), sourceLocation: sourceLocation)
            #expect(error.message.contains(text), "\(error.message)", sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }

    @Test("maps data beside the model and below it")
    func reading() throws {
        let settings = [OraclePair("location", "data.bin"), OraclePair("offset", "8"), OraclePair("length", "8")]
        #expect(try load(settings)?.array(of: Float.self) == [1, 2])
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
        _ = try folder.write(ExternalDataTests.numbers, to: "sub/deep.bin")
        #expect(try load([OraclePair("location", "./sub/deep.bin"), OraclePair("offset", "8")])?.elementCount == 2)
    }

    @Test("copies data that is not aligned")
    func unaligned() throws {
        let tensor = try load([OraclePair("location", "data.bin"), OraclePair("offset", "1")])
        #expect(tensor?.isAligned == true)
    }

    @Test("refuses absolute paths")
    func absolute() { expectRefusal(outside.path + "/secret.bin", saying: "plain path") }

    @Test(
        "refuses paths that climb, and other forms of paths",
        arguments: [
            "../secret.bin", "a/../../secret.bin", "sub/..", "..", ".", "", "a//b", "a/./b", "data.bin/",
            "..\\secret.bin",
            "C:\\secret.bin", "data.bin\u{0}x", "/", "//etc/passwd",
        ])
    func climbing(_ location: String) { expectRefusal(location, saying: "plain path") }

    @Test("refuses links, to files inside and outside, and linked folders")
    func links() throws {
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder.path + "/out.bin", withDestinationPath: outside.path + "/secret.bin")
        try manager.createSymbolicLink(atPath: folder.path + "/in.bin", withDestinationPath: "data.bin")
        try manager.createSymbolicLink(atPath: folder.path + "/dir", withDestinationPath: outside.path)
        expectRefusal("out.bin", saying: "links")
        expectRefusal("in.bin", saying: "links")
        expectRefusal("dir/secret.bin", saying: "links")
    }

    @Test("refuses files with several names unless allowed")
    func hardLinks() throws {
        try FileManager.default.linkItem(atPath: outside.path + "/secret.bin", toPath: folder.path + "/hard.bin")
        expectRefusal("hard.bin", saying: "hard links")
        var options = ImportOptions()
        options.allowsHardLinks = true
        #expect(try load([OraclePair("location", "hard.bin")], options: options) != nil)
    }

    @Test("refuses folders, pipes, and what is missing or empty")
    func kinds() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/folder", withIntermediateDirectories: true)
        // SAFETY: the string is a valid C string for the call.
        let made = unsafe mkfifo(folder.path + "/pipe", 0o600)
        #expect(made == 0)
        _ = try folder.write([], to: "empty.bin")
        expectRefusal("folder", saying: "directory")
        expectRefusal("pipe", saying: "regular file")
        expectRefusal("missing.bin", saying: "missing.bin")
        expectRefusal("data.bin/inside", saying: "data.bin")
        expectRefusal("empty.bin", saying: "empty")
    }

    @Test(
        "refuses places outside the file",
        arguments: [
            ("offset", "9"), ("offset", "-1"), ("offset", "9223372036854775807"), ("offset", "x"),
            ("offset", "99999999999999999999"), ("length", "4"), ("length", "16"), ("length", "-8"),
            ("basepath", "/etc"),
        ])
    func places(_ key: String, _ value: String) {
        expectRefusal("data.bin", saying: "", [OraclePair(key, value)])
    }

    @Test("refuses external data without a location, of strings, and of models that are only bytes")
    func incomplete() throws {
        #expect(throws: ImportError.self) { try load([]) }
        let model = OracleModel([OracleNode("Relu", ["x"], ["y"])]) {
            $0.initializers = [tensor([OraclePair("location", "data.bin")])]
        }
        #expect(try refusal(model)?.code == .externalData)
    }

    @Test("looks as hard at sparse tensors and attributes")
    func everywhere() throws {
        let escaping = tensor([OraclePair("location", "../secret.bin")])
        let indices = OracleTensor(type: 7, dims: [2]) { $0.int64s = [0, 1] }
        let sparse = OracleSparse(values: escaping, indices: indices, dims: [2])
        let models = [
            OracleModel([OracleNode("Relu", ["x"], ["y"])]) { $0.sparse = [sparse] },
            OracleModel([OracleNode("Constant", [], ["y"], [.tensor("value", escaping)])]),
            OracleModel([
                OracleNode("Constant", [], ["y"], [OracleAttribute("sparse_value", type: 11) { $0.sparse = [sparse] }])
            ]),
        ]
        for model in models { #expect(try refusal(model, folder: folder.path)?.code == .externalData) }
    }
}
