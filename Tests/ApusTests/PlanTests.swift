// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Glibc
import Testing

@Suite struct PlanTests {
    /// A file of the test itself that cannot be opened.
    private struct Unopened: Error {}

    private let folder: String

    init() throws {
        var name = Array("/tmp/apus-plans-XXXXXX".utf8CString)
        // SAFETY: the template is a C string, changed in place.
        let isMade = unsafe mkdtemp(&name) != nil
        try #require(isMade)
        folder = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        // SAFETY: the file is closed once, and the bytes are only read.
        guard let file = unsafe fopen(path, "w") else { throw Unopened() }
        let count = unsafe fwrite(bytes, 1, bytes.count, file)
        let isClosed = unsafe fclose(file) == 0
        try #require(isClosed && count == bytes.count)
    }

    private func read(_ path: String) throws -> [UInt8] {
        // SAFETY: the file is closed once, and the buffer has the size given.
        guard let file = unsafe fopen(path, "r") else { throw Unopened() }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        _ = unsafe fclose(file)
        return Array(bytes.prefix(count))
    }

    @Test("A plan loads through the same door, from its file and from bytes")
    func door() throws {
        let (path, plan) = (folder + "/doubling.onnx", folder + "/doubling.plan")
        try write(SampleModels.doubling, path)
        try Model.build(path: path, plan: plan)
        var options = Options()
        options.verifiesPlans = true
        for model in [try Model(path: plan), try Model(path: plan, options: options), try Model(bytes: read(plan))] {
            let outputs = try model.makeSession().run(["x": try Tensor([1, 2] as [Float], shape: [1, 2])])
            #expect(try outputs.array("y", of: Float.self) == [2, 4])
            #expect(model.signature.description == "(x: f32[N, 2]) -> (y: f32[N, 2], z: f32[N, 2])")
        }
    }

    @Test("Refusals have codes of their own")
    func refusals() throws {
        let (path, plan) = (folder + "/doubling.onnx", folder + "/doubling.plan")
        try write(SampleModels.doubling, path)
        try Model.build(path: path, plan: plan)
        var bytes = try read(plan)
        bytes[bytes.count - 1] ^= 1
        let damaged = try #require(throws: EngineError.self) { try Model(bytes: bytes) }
        #expect(damaged.code == .malformedModel)
        try write(SampleModels.doubling + [0x32, 1, 0x61], path)
        let stale = try #require(throws: EngineError.self) { try Model(path: plan) }
        #expect(stale.code == .stalePlan)
        #expect(stale.message.contains("build it again with 'apus build \(path) -o \(plan)'"))
        let missing = try #require(throws: EngineError.self) {
            try Model.build(path: path, plan: folder + "/none/doubling.plan")
        }
        #expect(missing.code == .file)
    }
    @Test("A plan of one precision is refused for another")
    func precision() throws {
        let (path, plan) = (folder + "/doubling.onnx", folder + "/doubling.plan")
        try write(SampleModels.doubling, path)
        var options = Options()
        options.precision = .bf16
        try Model.build(path: path, plan: plan, options: options)
        let outputs = try Model(path: plan, options: options).makeSession().run([
            "x": try Tensor([1, 2] as [Float], shape: [1, 2])
        ])
        #expect(try outputs.array("y", of: Float.self) == [2, 4])
        let stale = try #require(throws: EngineError.self) { try Model(path: plan) }
        #expect(stale.code == .stalePlan)
        #expect(stale.message.contains("built to multiply bf16, this run multiplies f32"))
        try Model.build(path: path, plan: plan)
        let other = try #require(throws: EngineError.self) { try Model(path: plan, options: options) }
        #expect(other.message.contains("--precision bf16"))
    }
}
