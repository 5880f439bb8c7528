// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
package import ApusTensors

/// Runs a plan's steps in order.
package final class CPUSession: Session {
    private let plan: CPUPlan
    private let context: EvaluationContext
    private let table: ValueTable
    private let arena: Arena
    /// The shapes of the last run's inputs.
    private var lastShapes: [Shape?]?
    /// The sizes that memory is planned for.
    private var plannedSizes: [String: Int]?
    private var bodies: [BodyKey: CPUSession] = [:]
    private var currentStep = 0

    package var isProfiling = false
    package private(set) var profile: Profile?
    package var isCancelled: () -> Bool = { false }

    private struct BodyKey: Hashable {
        var step: Int
        var attribute: String
        var position: Int
    }

    init(_ plan: CPUPlan) {
        self.plan = plan
        let options = plan.options
        context = EvaluationContext(
            instructionSet: options.instructionSet, workers: options.workers, budget: options.budget)
        arena = Arena(budget: options.budget)
        table = ValueTable(count: plan.slotCount)
        for (slot, datum) in plan.constants { table[slot] = datum }
        context.isCancelled = { [unowned self] in isCancelled() }
        context.findStorage = { [arena] byteCount in arena.take(byteCount) }
        context.runSubgraph = { [unowned self] (attribute, position, inputs) throws(ComputeError) in
            try runBody(attribute, position, inputs)
        }
    }

    package func run(_ inputs: [Datum]) throws(RunError) -> [Datum] {
        var outputs: [Datum] = []
        try run(inputs, into: &outputs)
        return outputs
    }

    package func run(_ inputs: [Datum], into outputs: inout [Datum]) throws(RunError) {
        guard inputs.count == plan.inputs.count else {
            throw RunError(.value("\(inputs.count) inputs given, the model takes \(plan.inputs.count)"))
        }
        for index in inputs.indices { try plan.checks[index].check(inputs[index]) }
        for index in outputs.indices { outputs[index] = .none }
        try execute(inputs, into: &outputs)
        if let path = plan.graph.damagedFile {
            throw RunError(.value("'\(path)' was cut short while the model was in use: its weights are gone"))
        }
    }

    /// Carries out the steps; captures have been put into the table.
    private func execute(_ inputs: [Datum], into outputs: inout [Datum]) throws(RunError) {
        do throws(RunError) {
            prepareMemory(inputs)
            for index in inputs.indices { table[plan.inputSlots[index]] = inputs[index] }
            if isProfiling { try walkProfiled() } else { try walk() }
            if outputs.count != plan.outputSlots.count {
                outputs = [Datum](repeating: .none, count: plan.outputSlots.count)
            }
            for index in plan.outputSlots.indices {
                guard let datum = table[plan.outputSlots[index]] else {
                    throw RunError(.value("nothing was written to '\(plan.outputs[index].name)'"))
                }
                outputs[index] = datum
            }
        } catch {
            clear()
            throw error
        }
        for reset in plan.resets { table[reset.slot] = reset.datum }
    }

    /// The bytes the session holds for values that are not constants.
    package var memoryByteCount: Int { bodies.values.reduce(arena.byteCount) { $0 + $1.memoryByteCount } }

    /// Plans memory before the first run, and again when sizes are no longer about the same.
    private func prepareMemory(_ inputs: [Datum]) {
        if let shapes = lastShapes, !plan.lifetimes.isDynamic || Self.have(inputs, shapes) { return }
        let shapes = inputs.map(\.tensor?.shape)
        lastShapes = shapes
        let sizes = plan.lifetimes.isDynamic ? plan.lifetimes.bucket(for: shapes) : [:]
        guard sizes != plannedSizes else { return }
        plannedSizes = sizes
        arena.prepare(plan.memoryPlans.plan(for: sizes))
    }

    private static func have(_ inputs: [Datum], _ shapes: [Shape?]) -> Bool {
        guard shapes.count == inputs.count else { return false }
        for index in inputs.indices where inputs[index].tensor?.shape != shapes[index] { return false }
        return true
    }

    private func walk() throws(RunError) {
        let isCancelled = isCancelled
        for index in plan.steps.indices {
            if isCancelled() { throw RunError(ComputeError(.cancelled, "the caller asked to stop")) }
            try executeStep(index)
            release(index)
        }
    }

    private func walkProfiled() throws(RunError) {
        let clock = ContinuousClock()
        var profile = Profile()
        let start = clock.now
        for index in plan.steps.indices {
            if isCancelled() { throw RunError(ComputeError(.cancelled, "the caller asked to stop")) }
            let stepStart = clock.now
            try executeStep(index)
            let stepEnd = clock.now
            profile.entries.append(entry(index, start: stepStart - start, duration: stepEnd - stepStart))
            release(index)
        }
        profile.total = clock.now - start
        self.profile = profile
    }

    @inline(__always)
    private func executeStep(_ index: Int) throws(RunError) {
        let step = plan.steps[index]
        if !step.bodies.isEmpty { currentStep = index }
        arena.begin(step: index)
        var outputs = Outputs(table, at: step.outputSlots, context: context)
        do throws(ComputeError) {
            try step.operation.run(Inputs(table, at: step.inputSlots), into: &outputs)
        } catch {
            throw RunError(error, at: step.place)
        }
    }

    /// Forgets what no later step reads.
    @inline(__always)
    private func release(_ index: Int) {
        for slot in plan.steps[index].releasedSlots { table[slot] = nil }
    }

    /// What a profile says of a step, whose inputs and outputs are still there.
    private func entry(_ index: Int, start: Duration, duration: Duration) -> Profile.Entry {
        let step = plan.steps[index]
        func tensor(_ slot: Int) -> Tensor? {
            guard slot >= 0, case .tensor(let tensor)? = table[slot] else { return nil }
            return tensor
        }
        let written = step.outputSlots.map(tensor)
        let work = (step.operation as? any CountsWork)?.workPerElement ?? 0
        return Profile.Entry(
            place: step.place, start: start, duration: duration,
            inputShapes: step.inputSlots.map { tensor($0)?.shape }, outputShapes: written.map { $0?.shape },
            byteCount: Set(step.inputSlots + step.outputSlots).reduce(0) { $0 + (tensor($1)?.byteCount ?? 0) },
            multiplyAdds: work * (written.first??.elementCount ?? 0))
    }

    private func runBody(
        _ attribute: String, _ position: Int, _ inputs: [Datum]
    ) throws(ComputeError) -> [Datum] {
        let step = currentStep
        guard let list = plan.steps[step].bodies[attribute], position < list.count else {
            throw .attribute("there is no subgraph '\(attribute)'")
        }
        let body = list[position]
        let key = BodyKey(step: step, attribute: attribute, position: position)
        let session = bodies[key] ?? CPUSession(body.plan)
        bodies[key] = session
        session.isCancelled = isCancelled
        session.context.random = context.random
        defer { context.random = session.context.random }
        guard inputs.count == body.plan.inputs.count else {
            throw .value("subgraph '\(attribute)' takes \(body.plan.inputs.count) inputs, \(inputs.count) given")
        }
        for (inner, outer) in zip(body.plan.captureSlots, body.captureSlots) { session.table[inner] = table[outer] }
        var outputs: [Datum] = []
        do throws(RunError) {
            try session.execute(inputs, into: &outputs)
        } catch {
            throw ComputeError(error.cause.code, "in '\(attribute)': \(error)")
        }
        return outputs
    }

    /// Forgets everything but the constants.
    private func clear() {
        for slot in 0..<table.count { table[slot] = nil }
        for (slot, datum) in plan.constants { table[slot] = datum }
    }
}
