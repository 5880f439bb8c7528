// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
package import ApusTensors

/// Runs a plan's steps in order.
package final class CPUSession: Session {
    private let plan: CPUPlan
    private let context: EvaluationContext
    private var slots: [Datum?]
    private var arena = Arena()
    private var bodies: [BodyKey: CPUSession] = [:]
    private let clock = ContinuousClock()

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
        slots = [Datum?](repeating: nil, count: plan.slotCount)
        for (slot, datum) in plan.constants { slots[slot] = datum }
        context.isCancelled = { [unowned self] in isCancelled() }
        context.findStorage = { [unowned self] byteCount in arena.take(byteCount, budget: context.budget) }
    }

    package func run(_ inputs: [Datum]) throws(RunError) -> [Datum] {
        guard inputs.count == plan.inputs.count else {
            throw RunError(.value("\(inputs.count) inputs given, the model takes \(plan.inputs.count)"))
        }
        for (value, datum) in zip(plan.inputs, inputs) { try InputCheck.check(datum, for: value) }
        let outputs = try execute(inputs, captures: [])
        if let path = plan.graph.damagedFile {
            throw RunError(.value("'\(path)' was cut short while the model was in use: its weights are gone"))
        }
        return outputs
    }

    private func execute(_ inputs: [Datum], captures: [Datum?]) throws(RunError) -> [Datum] {
        defer { clear() }
        for (slot, datum) in zip(plan.inputSlots, inputs) { slots[slot] = datum }
        for (slot, datum) in zip(plan.captureSlots, captures) { slots[slot] = datum }
        var profile = isProfiling ? Profile() : nil
        let start = clock.now
        for index in plan.steps.indices {
            if isCancelled() { throw RunError(ComputeError(.cancelled, "the caller asked to stop")) }
            let stepStart = profile == nil ? start : clock.now
            try executeStep(index, &profile)
            if profile != nil {
                profile?.entries.append(
                    Profile.Entry(
                        place: plan.steps[index].place, start: stepStart - start, duration: clock.now - stepStart))
            }
        }
        if profile != nil {
            profile?.total = clock.now - start
            self.profile = profile
        }
        var results: [Datum] = []
        for (value, slot) in zip(plan.outputs, plan.outputSlots) {
            guard let datum = slots[slot] else { throw RunError(.value("nothing was written to '\(value.name)'")) }
            results.append(datum)
        }
        return results
    }

    private func executeStep(_ index: Int, _ profile: inout Profile?) throws(RunError) {
        let step = plan.steps[index]
        let inputs = Inputs(step.inputSlots.map { $0 < 0 ? nil : slots[$0] })
        var outputs = Outputs(wanted: step.wanted, context: context)
        if !step.bodies.isEmpty {
            context.runSubgraph = { [unowned self] (attribute, position, inputs) throws(ComputeError) in
                try runBody(step: index, attribute, position, inputs)
            }
        }
        do throws(ComputeError) {
            try step.operation.run(inputs, into: &outputs)
        } catch {
            throw RunError(error, at: step.place)
        }
        for (position, slot) in step.outputSlots.enumerated() where slot >= 0 { slots[slot] = outputs.values[position] }
        for slot in step.releasedSlots { slots[slot] = nil }
    }

    private func runBody(
        step: Int, _ attribute: String, _ position: Int, _ inputs: [Datum]
    ) throws(ComputeError) -> [Datum] {
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
        do throws(RunError) {
            return try session.execute(inputs, captures: body.captureSlots.map { slots[$0] })
        } catch {
            throw ComputeError(error.cause.code, "in '\(attribute)': \(error)")
        }
    }

    /// Forgets everything but the constants.
    private func clear() {
        for slot in plan.inputSlots + plan.captureSlots + plan.outputSlots { slots[slot] = nil }
        for step in plan.steps {
            for slot in step.outputSlots where slot >= 0 { slots[slot] = nil }
        }
        for (slot, datum) in plan.constants { slots[slot] = datum }
    }
}
