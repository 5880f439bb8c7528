// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct RepositoryScannerTests {
    private let folder = TemporaryFolder()

    private func scan(_ paths: String...) -> RepositoryScanner.Snapshot {
        RepositoryScanner(paths: paths.isEmpty ? [folder.path] : paths).scan()
    }

    @Test("Folders and bare files are models; hidden files and other files are none")
    func models() throws {
        folder.write("a/config.pbtxt", "")
        folder.write("a/1/model.onnx", [1])
        folder.write("a/12/model.onnx", [1])
        folder.write("a/012/model.onnx", [1])
        folder.write("a/labels.txt", "cat")
        folder.write("b.onnx", [2])
        folder.write("c.plan", [3])
        folder.write("c.onnx", [3])
        folder.write("notes.txt", "")
        folder.write(".hidden/1/model.onnx", [1])
        let models = scan().models
        #expect(models.keys.sorted() == ["a", "b", "c"])
        #expect(models["a"]?.versions.keys.sorted() == [1, 12])
        #expect(models["a"]?.configuration == "\(folder.path)/a/config.pbtxt")
        #expect(models["a"]?.notes.count == 1)
        #expect(models["a"]?.fingerprint.keys.contains("\(folder.path)/a/12/model.onnx") ?? false)
        #expect(models["b"]?.files == ["\(folder.path)/b.onnx"])
        #expect(models["c"]?.files == ["\(folder.path)/c.plan", "\(folder.path)/c.onnx"])
    }

    @Test("A single file is a model, wherever its link leads")
    func single() throws {
        folder.write("real/weights.bin", [1])
        folder.link("classifier.onnx", to: "\(folder.path)/real/weights.bin")
        let models = scan("\(folder.path)/classifier.onnx").models
        #expect(models["classifier"]?.files == ["\(folder.path)/real/weights.bin"])
    }

    @Test("Links out of a repository or out of a model's folder are not followed")
    func links() throws {
        let outside = TemporaryFolder()
        outside.write("secret/1/model.onnx", [1])
        outside.write("file.onnx", [1])
        folder.link("stolen", to: "\(outside.path)/secret")
        folder.link("bare.onnx", to: "\(outside.path)/file.onnx")
        folder.write("good/1/model.onnx", [1])
        folder.link("good/2", to: "\(outside.path)/secret/1")
        folder.link("good/config.pbtxt", to: "/etc/passwd")
        folder.link("good/3", to: "1")
        let models = scan().models
        #expect(models["stolen"]?.problem?.contains("leads out of the repository") ?? false)
        #expect(models["bare"]?.problem?.contains("leads out of the repository") ?? false)
        #expect(models["bare"]?.files == [])
        #expect(models["good"]?.problem == nil)
        #expect(models["good"]?.versions.keys.sorted() == [1, 3])
        #expect(models["good"]?.configuration == nil)
        #expect(models["good"]?.notes.count == 2)
    }

    @Test("Two models of one name are a problem of both; one place given twice is none")
    func duplicates() throws {
        let second = TemporaryFolder()
        folder.write("a/1/model.onnx", [1])
        second.write("a.onnx", [1])
        let problem = scan(folder.path, second.path).models["a"]?.problem ?? ""
        #expect(problem.contains("more than one model 'a'"))
        #expect(problem.contains(folder.path) && problem.contains(second.path))
        #expect(scan(folder.path, folder.path + "/").models["a"]?.problem == nil)
    }

    @Test("Places that are not there are told")
    func unreadable() {
        #expect(scan("\(folder.path)/nothing").unreadable.count == 1)
    }

    @Test(
        "Names that would lead elsewhere are refused",
        arguments: ["", ".", "..", ".a", "a/b", "/", "a\\b", "a\nb", "a\0b", String(repeating: "x", count: 256)])
    func names(_ name: String) { #expect(ModelName.mistake(name) != nil) }

    @Test(
        "Paths of files stay below their folder", arguments: ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\0"])
    func paths(_ path: String) { #expect(ModelName.pathMistake(path) != nil) }

    @Test("Good names are taken")
    func goodNames() {
        #expect(ModelName.mistake("ResNet-50 v1.5_ü") == nil)
        #expect(ModelName.pathMistake("1/sub folder/model.onnx") == nil)
        #expect(
            ["1", "10", "01", "0", "-1", "1a", "", "99999999999999999999"].map(ModelName.version)
                == [1, 10, nil, nil, nil, nil, nil, nil])
    }
}
