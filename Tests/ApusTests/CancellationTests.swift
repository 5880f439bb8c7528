// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusGraphs
import ApusTensors
import Synchronization
import Testing

@Suite(.serialized) struct CancellationTests {
    /// What the operators below do to the run that is under way, and how often they were evaluated.
    private static let task = Mutex<Task<Void, any Error>?>(nil)
    private static let stepCount = Atomic<Int>(0)

    /// Cancels the task it is evaluated for.
    private struct Cancel: Operator {
        static let schema = Schema("Cancel", domain: "test", inputs: 1...1)
        init(_ node: NodeReader) throws(ComputeError) {}
        func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
            var isCancelled = false
            while !isCancelled {
                isCancelled = CancellationTests.task.withLock { task in
                    task?.cancel()
                    return task != nil
                }
            }
            outputs.set(0, datum: try inputs.datum(0))
        }
    }

    /// Counts its evaluations.
    private struct Step: Operator {
        static let schema = Schema("Step", domain: "test", inputs: 1...1)
        init(_ node: NodeReader) throws(ComputeError) {}
        func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
            CancellationTests.stepCount.add(1, ordering: .relaxed)
            outputs.set(0, datum: try inputs.datum(0))
        }
    }

    private func outcome(of model: Model) async throws -> (any Error)? {
        Self.stepCount.store(0, ordering: .relaxed)
        let task = Task {
            let input = try Tensor([1, 2] as [Float], shape: [1, 2])
            _ = try await model.makeSession().run(["x": input])
        }
        Self.task.withLock { $0 = task }
        defer { Self.task.withLock { $0 = nil } }
        do {
            try await task.value
            return nil
        } catch { return error }
    }

    private var options: Options {
        var options = Options()
        options.operators = [Cancel.self, Step.self]
        return options
    }

    @Test("A run that is cancelled during one step ends before the next", .timeLimit(.minutes(1)))
    func betweenSteps() async throws {
        let steps = [
            ModelBytes.node("Step", ["x"], ["a"], domain: "test"),
            ModelBytes.node("Cancel", ["a"], ["b"], domain: "test"),
            ModelBytes.node("Step", ["b"], ["y"], domain: "test"),
        ]
        var bytes = ModelBytes()
        bytes.nodes = steps
        bytes.domains = ["test": 1]
        let error = try await outcome(of: Model(bytes: bytes.bytes, options: options))
        #expect((error as? EngineError)?.code == .cancelled)
        #expect(Self.stepCount.load(ordering: .relaxed) == 1)
    }

    @Test("A loop without end and without nodes ends when it is cancelled", .timeLimit(.minutes(1)))
    func endlessLoop() async throws {
        var body = ModelBytes.block(1, ModelBytes.node("Identity", ["v"], ["u"])) + ModelBytes.block(2, "body")
        body += ModelBytes.block(11, ModelBytes.value("i", [], type: 7))
        body += ModelBytes.block(11, ModelBytes.value("c", [], type: 9))
        body += ModelBytes.block(11, ModelBytes.value("v", nil))
        body +=
            ModelBytes.block(12, ModelBytes.value("c", [], type: 9)) + ModelBytes.block(12, ModelBytes.value("u", nil))
        let bytes = ModelBytes(
            ModelBytes.node("Cancel", ["x"], ["a"], domain: "test"),
            ModelBytes.node("Loop", ["n", "", "a"], ["y"], ModelBytes.graph("body", body))
        ).with {
            $0.domains = ["test": 1]
            $0.initializers = [ModelBytes.tensor("n", [], [1 << 62])]
        }
        let error = try await outcome(of: Model(bytes: bytes.bytes, options: options))
        #expect((error as? EngineError)?.code == .cancelled)
    }
}
