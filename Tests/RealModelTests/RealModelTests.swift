// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusFormats
import Glibc
import Testing

/// Fetched models against what ONNX Runtime made of the same inputs.
@Suite struct RealModelTests {
    /// The folder of fetched data, or nil where there is none.
    static let folder: String? = {
        guard let folder = unsafe getenv("APUS_TEST_DATA").map({ unsafe String(cString: $0) }) else { return nil }
        return FileBytes.exists(folder + "/models") ? folder + "/models" : nil
    }()

    /// The largest error relative to the largest magnitude that each model may have.
    static let models: [(name: String, tolerance: Float)] = [
        ("efficientnet-lite0", 1e-4), ("magika", 1e-4), ("ocr-detection", 1e-4), ("ocr-recognition", 1e-4),
        ("ocr-direction", 1e-4), ("voice", 1e-4), ("voice-18", 1e-4), ("voice-15", 1e-4), ("pitch", 1e-4),
        ("romanizer-encoder", 1e-4), ("lemma", 2e-2), ("derive", 2e-2), ("minilm-int8", 1e-4), ("iris", 1e-5),
    ]

    @Test(
        "A real model agrees with ONNX Runtime", .enabled(if: folder != nil, "no fetched models: run make test"),
        arguments: models.map(\.name))
    func agrees(_ name: String) throws {
        let folder = try #require(Self.folder)
        let path = "\(folder)/\(name)"
        try #require(FileBytes.exists(path + ".out.npz"), "\(name) was not fetched")
        let tolerance = try #require(Self.models.first { $0.name == name }).tolerance
        let inputs = try NumpyArchive.decode(try FileBytes.read(path + ".in.npz"))
        let expected = try NumpyArchive.decode(try FileBytes.read(path + ".out.npz"))
        for stage in [Stage.imported, .lowered] {
            var options = Options()
            options.stage = stage
            let session = try Model(path: path + ".onnx", options: options).makeSession()
            let outputs = try session.run(Dictionary(inputs.map { ($0.name, $0.tensor) }) { $1 })
            for reference in expected {
                let result = try outputs.tensor(reference.name)
                #expect(result.shape == reference.tensor.shape, "\(name) \(stage) \(reference.name)")
                if result.elementType == .float32 {
                    let error = try Self.error(result, reference.tensor)
                    #expect(error <= tolerance, "\(name) \(stage) \(reference.name): error \(error)")
                } else {
                    #expect(NumpyArray.encode(result) == NumpyArray.encode(reference.tensor))
                }
            }
        }
    }

    /// The largest difference relative to the largest magnitude of the reference, or to 0.01 where all is smaller.
    private static func error(_ result: Tensor, _ reference: Tensor) throws -> Float {
        let (left, right) = (try result.array(of: Float.self), try reference.array(of: Float.self))
        let magnitude = right.reduce(0) { max($0, abs($1)) }
        return zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) } / max(magnitude, 0.01)
    }
}
