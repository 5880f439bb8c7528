// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusExecution
import ApusGraphs
import Synchronization

/// One caller's way through a model: it owns its memory and is used by one caller at a time.
///
/// Sessions of one model run in parallel with each other; to use one from several tasks, make one for each.
public final class Session {
    /// What the model takes and gives.
    public let signature: Signature
    package let underlying: any ApusExecution.Session
    private var thread: ComputeThread?

    package init(_ plan: any Plan, _ signature: Signature) {
        self.signature = signature
        underlying = plan.makeSession()
    }

    /// Runs the model on the calling thread and its workers.
    ///
    /// - Throws: ``EngineError`` that names the input, or the node and what it refused.
    public func run(_ inputs: [String: Tensor]) throws(EngineError) -> Results {
        try run(named: inputs) { .tensor($0) }
    }

    /// Runs the model on inputs that may also be sequences or maps.
    ///
    /// - Throws: ``EngineError`` that names the input, or the node and what it refused.
    public func run(data inputs: [String: Datum]) throws(EngineError) -> Results { try run(named: inputs) { $0 } }

    private func run<Value>(named inputs: [String: Value], _ datum: (Value) -> Datum) throws(EngineError) -> Results {
        var ordered: [Datum] = []
        for port in signature.inputs {
            guard let value = inputs[port.name] else {
                throw EngineError(.name, "input '\(port.name)' is missing; the model takes \(port)", value: port.name)
            }
            ordered.append(datum(value))
        }
        if inputs.count > ordered.count, let extra = inputs.keys.sorted().first(where: { signature.input($0) == nil }) {
            let names = signature.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw EngineError(.name, "the model has no input '\(extra)'; it takes \(names)", value: extra)
        }
        do {
            let outputs = try underlying.run(ordered)
            return Results(zip(signature.outputs, outputs).map { Results.Element(name: $0.name, datum: $1) })
        } catch {
            throw EngineError(error)
        }
    }

    /// Makes inputs and outputs that are used again from run to run, for this session or another of the same model.
    public func makeBindings() -> Bindings { Bindings(signature) }

    /// Runs the model on the inputs of the bindings, which take its outputs: the way without allocations.
    ///
    /// - Throws: ``EngineError`` that names the input, or the node and what it refused.
    public func run(_ bindings: Bindings) throws(EngineError) {
        try bindings.checkComplete()
        do {
            try underlying.run(bindings.inputs, into: &bindings.outputs)
        } catch {
            throw EngineError(error)
        }
    }

    /// Runs a model of one input on borrowed elements, which are read where they lie.
    ///
    /// - Throws: ``EngineError`` as ``run(_:)``, and with code `shape` when the elements do not fill the shape.
    public func run<Element: TensorElement>(
        borrowing elements: Span<Element>, shape: Shape
    ) throws(EngineError) -> Results {
        guard let port = signature.inputs.first, signature.inputs.count == 1 else {
            throw EngineError(.name, "the model takes \(signature.inputs.count) inputs; name each of them")
        }
        return try elements.withLoan(shape) { (loan) throws(EngineError) in
            loan.returning(try run([port.name: loan.tensor]))
        }
    }

    /// Runs the model on a thread of its own while the task waits; cancelling the task ends the run at the next step.
    ///
    /// - Throws: ``EngineError`` as the run on the calling thread, with code `cancelled` when the task was cancelled.
    public func run(_ inputs: [String: Tensor]) async throws(EngineError) -> Results {
        let handover = Handover()
        underlying.isCancelled = { handover.isStopped }
        defer { underlying.isCancelled = { false } }
        let thread = thread ?? ComputeThread()
        self.thread = thread
        // SAFETY: the task waits for the thread, so that one caller at a time uses the session.
        nonisolated(unsafe) let session = self
        let outcome: Result<Results, EngineError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                thread.submit {
                    let outcome = Result { () throws(EngineError) in unsafe try session.runHere(inputs) }
                    handover.giveBack()
                    continuation.resume(returning: outcome)
                }
            }
        } onCancel: {
            handover.stop()
        }
        handover.takeBack()
        return try outcome.get()
    }

    private func runHere(_ inputs: [String: Tensor]) throws(EngineError) -> Results { try run(inputs) }
}

/// What a task and the thread that computes for it tell each other.
private final class Handover: Sendable {
    private let isSet = Atomic<Bool>(false)
    private let isGivenBack = Atomic<Bool>(false)

    /// Whether the task was cancelled; read between the steps of a plan.
    var isStopped: Bool { isSet.load(ordering: .relaxed) }
    func stop() { isSet.store(true, ordering: .relaxed) }

    /// The thread is done with the session.
    ///
    /// The continuation orders this before what the task does next, but not where ThreadSanitizer could see it.
    func giveBack() { isGivenBack.store(true, ordering: .releasing) }
    func takeBack() { _ = isGivenBack.load(ordering: .acquiring) }
}
