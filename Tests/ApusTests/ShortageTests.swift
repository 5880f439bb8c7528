// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusKernels
import Glibc
import Testing

/// What happens when memory or the model's file goes away.
@Suite struct ShortageTests {
    @Test("A kernel that finds no memory to work in ends the run with code limit and the node's name")
    func scratch() throws {
        var options = Options()
        options.threadCount = 1
        let session = try Model(bytes: Self.product, options: options).makeSession()
        let x = try Tensor([Float](repeating: 1, count: 64 * 64), shape: [64, 64])
        ScratchShortage.limit(to: 16)
        #expect { try session.run(["x": x]) } throws: { error in
            (error as? EngineError)?.code == .limit && "\(error)".contains("node 'n'")
        }
        ScratchShortage.limit(to: .max)
        #expect(try session.run(["x": x]).array("y", of: Float.self).count == 64 * 64)
    }

    /// `y = MatMul(x, Transpose(x))` over `f32[64, 64]`.
    private static var product: [UInt8] {
        ModelBytes(
            ModelBytes.node("Transpose", ["x"], ["t"], ModelBytes.integers("perm", [1, 0])),
            ModelBytes.node("MatMul", ["x", "t"], ["y"])
        ).with { $0.inputs = [ModelBytes.value("x", [64, 64])] }.bytes
    }

    @Test("A model whose file is cut short while it is used refuses its runs from then on")
    func truncatedFile() throws {
        let count = 4096
        let bytes = ModelBytes(ModelBytes.node("Add", ["x", "w"], ["y"])).with {
            $0.inputs = [ModelBytes.value("x", [1])]
            $0.initializers = [ModelBytes.tensor("w", [Int64(count)], [Int64](repeating: 5, count: count), type: 1)]
        }.bytes
        let path = "/tmp/apus-cut-\(getpid())-\(UInt64.random(in: .min ... .max)).onnx"
        // SAFETY: the strings and the array are valid for their calls.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        defer { unsafe unlink(path) }
        #expect(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        let session = try Model(path: path).makeSession()
        let input = ["x": try Tensor([0] as [Float], shape: [1])]
        #expect(try session.run(input).tensor("y").shape == [count])
        #expect(unsafe truncate(path, 100) == 0)
        #expect { try session.run(input) } throws: { error in
            "\(error)".contains(path) && "\(error)".contains("cut short")
        }
        #expect { try Model(path: path) } throws: { error in
            (error as? EngineError)?.code == .malformedModel && "\(error)".contains(path)
        }
    }
}
