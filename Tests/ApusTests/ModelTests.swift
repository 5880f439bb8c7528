// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import Testing

@Suite struct ModelTests {
    @Test("The ten lines of the README work")
    func tenLines() throws {
        let model = try Model(bytes: SampleModels.doubling)
        let session = model.makeSession()
        let pixels = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        let outputs = try session.run(["x": pixels])
        let doubled = try outputs.array("y", of: Float.self)
        #expect(doubled == [2, 4, 6, 8])
        #expect(model.signature.description == "(x: f32[N, 2]) -> (y: f32[N, 2], z: f32[N, 2])")
        #expect(outputs.map(\.name) == ["y", "z"])
    }

    @Test("Asynchronous runs give the same, also in parallel")
    func asynchronous() async throws {
        let model = try Model(bytes: SampleModels.doubling)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let session = model.makeSession()
                    for _ in 0..<50 {
                        let input = try Tensor([Float(number), 1], shape: [1, 2])
                        let outputs = try await session.run(["x": input])
                        guard try outputs.array("y", of: Float.self) == [2 * Float(number), 2] else { return false }
                    }
                    return true
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test("A cancelled task ends its run")
    func cancellation() async throws {
        let model = try Model(bytes: SampleModels.doubling)
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            _ = try await model.makeSession().run(["x": try Tensor([1, 2] as [Float], shape: [1, 2])])
        }
        await #expect { try await task.value } throws: { error in
            (error as? EngineError)?.code == .cancelled
        }
    }

    @Test("Borrowed elements are read where they lie, and nothing keeps their memory")
    func borrowing() throws {
        let session = try Model(bytes: SampleModels.doubling).makeSession()
        var elements: [Float] = [1, 2]
        let outputs = try session.run(borrowing: elements.span, shape: [1, 2])
        elements[0] = 7
        #expect(try outputs.array("y", of: Float.self) == [2, 4])
        #expect(try outputs.array("z", of: Float.self) == [1, 2])
        #expect(throws: EngineError.self) { try session.run(borrowing: elements.span, shape: [3, 2]) }
    }

    @Test("Refusals say what was expected and what was there")
    func refusals() throws {
        let session = try Model(bytes: SampleModels.doubling).makeSession()
        let right = try Tensor([1, 2] as [Float], shape: [1, 2])
        expect(.name, "input 'x' is missing") { _ = try session.run([:]) }
        expect(.name, "no input 'q'") { _ = try session.run(["x": right, "q": right]) }
        expect(.elementType, "expected f32[N, 2]") { _ = try session.run(["x": try Tensor(scalar: Int64(1))]) }
        expect(.shape, "expected f32[N, 2]") { _ = try session.run(["x": try right.reshaped(to: [2, 1])]) }
        expect(.name, "no output 'w'") { _ = try session.run(["x": right]).tensor("w") }
        expect(.elementType, "'y' is f32[1, 2]") { _ = try session.run(["x": right]).array("y", of: Int64.self) }
        expect(.file, "/nonexistent") { _ = try Model(path: "/nonexistent") }
        expect(.malformedModel, "") { _ = try Model(bytes: [1, 2, 3]) }
        expect(.unsupported, "Add") { _ = try Model(bytes: SampleModels.unknown) }
    }

    @Test("A model cut off anywhere is refused or loads, and nothing else")
    func truncation() {
        for count in SampleModels.doubling.indices { _ = try? Model(bytes: Array(SampleModels.doubling[..<count])) }
    }

    private func expect(
        _ code: EngineError.Code, _ part: String, _ body: () throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do {
            try body()
            Issue.record("nothing was refused", sourceLocation: sourceLocation)
        } catch let error as EngineError {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(part.isEmpty || error.description.contains(part), "\(error)", sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }
}
