// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusTensors

/// A graph with names resolved to slots: what a session walks.
package final class CPUPlan: Plan {
    package let graph: Graph
    package let options: PlanOptions
    package let inputs: [Value]
    package let outputs: [Value]
    let steps: [Step]
    let slotCount: Int
    let inputSlots: [Int]
    let outputSlots: [Int]
    let captureNames: [String]
    let captureSlots: [Int]
    let constants: [(slot: Int, datum: Datum)]

    /// Until when the values are needed.
    let lifetimes: Lifetimes
    /// Where the values lie.
    let memoryPlans: MemoryPlans
    /// What the inputs must be, in order.
    let checks: [InputCheck]
    /// What the slots of inputs, captures and outputs go back to after a run: a constant or nothing.
    let resets: [(slot: Int, datum: Datum?)]

    /// One node: what it does, where it reads and writes, and what is dead after it.
    final class Step: Sendable {
        let operation: any Operator
        let place: NodePlace
        let inputSlots: [Int]
        let outputSlots: [Int]
        let releasedSlots: [Int]
        /// The slots that its subgraphs read.
        let capturedSlots: [Int]
        let bodies: [String: [Body]]

        fileprivate init(_ draft: Draft) {
            operation = draft.operation
            place = draft.place
            inputSlots = draft.inputSlots
            outputSlots = draft.outputSlots
            releasedSlots = draft.releasedSlots
            bodies = draft.bodies
            capturedSlots = draft.capturedSlots
        }
    }

    /// A step in the making.
    fileprivate struct Draft {
        var operation: any Operator
        var place: NodePlace
        var inputSlots: [Int]
        var outputSlots: [Int]
        var releasedSlots: [Int] = []
        var bodies: [String: [Body]]
        var capturedSlots: [Int] { bodies.values.joined().flatMap(\.captureSlots) }
    }

    /// A subgraph and where its captures lie in the enclosing plan.
    struct Body: Sendable {
        var plan: CPUPlan
        var captureSlots: [Int]
    }

    /// Resolves a graph.
    ///
    /// - Throws: ``PlanError`` for an operator nobody knows or a name nobody makes.
    package convenience init(_ graph: Graph, options: PlanOptions) throws(PlanError) {
        try self.init(graph, options: options, depth: 0)
    }

    private init(_ graph: Graph, options: PlanOptions, depth: Int) throws(PlanError) {
        guard depth < 64 else { throw PlanError("subgraphs are nested more than 64 deep") }
        self.graph = graph
        self.options = options
        inputs = graph.inputs
        outputs = graph.outputs
        var builder = SlotBuilder()
        inputSlots = graph.inputs.map { builder.define($0.name) }
        captureNames = graph.freeNames
        if depth == 0, let name = captureNames.first { throw PlanError("nothing makes the value '\(name)'") }
        captureSlots = captureNames.map { builder.define($0) }
        constants = graph.constants.sorted { $0.key < $1.key }.map { (builder.define($0.key), .tensor($0.value)) }
        checks = graph.inputs.map { InputCheck($0) }
        var steps: [Draft] = []
        steps.reserveCapacity(graph.nodes.count)
        for node in graph.nodes {
            let place = NodePlace(node)
            guard let operation = node.operation else { throw PlanError("the operator is unknown", at: place) }
            var bodies: [String: [Body]] = [:]
            for (name, subgraph) in node.subgraphs {
                let plan = try CPUPlan(subgraph, options: options, depth: depth + 1)
                var slots: [Int] = []
                for capture in plan.captureNames { slots.append(try builder.find(capture, at: place)) }
                bodies[name, default: []].append(Body(plan: plan, captureSlots: slots))
            }
            var inputSlots: [Int] = []
            for name in node.inputs { inputSlots.append(name.isEmpty ? -1 : try builder.find(name, at: place)) }
            let outputSlots = node.outputs.map { $0.isEmpty ? -1 : builder.define($0) }
            steps.append(
                Draft(
                    operation: operation, place: place, inputSlots: inputSlots, outputSlots: outputSlots,
                    bodies: bodies))
        }
        var outputSlots: [Int] = []
        for output in graph.outputs {
            guard let slot = builder.slots[output.name] else {
                throw PlanError("nothing makes the output '\(output.name)'")
            }
            outputSlots.append(slot)
        }
        self.outputSlots = outputSlots
        slotCount = builder.slots.count
        CPUPlan.markReleases(&steps, keep: Set(outputSlots + constants.map(\.slot) + captureSlots))
        self.steps = steps.map { Step($0) }
        lifetimes = Lifetimes(graph, self.steps, outputSlots: outputSlots, slotCount: slotCount)
        memoryPlans = MemoryPlans(lifetimes)
        let values = Dictionary(uniqueKeysWithValues: constants.map { ($0.slot, $0.datum) })
        resets = Set(inputSlots + captureSlots + outputSlots).sorted().map { ($0, values[$0]) }
    }

    /// Finds after which step each slot is read for the last time.
    private static func markReleases(_ steps: inout [Draft], keep: Set<Int>) {
        var seen = keep
        for index in steps.indices.reversed() {
            var released: [Int] = []
            for slot in steps[index].inputSlots + steps[index].capturedSlots + steps[index].outputSlots
            where slot >= 0 && seen.insert(slot).inserted {
                released.append(slot)
            }
            steps[index].releasedSlots = released
        }
    }

    /// How many memory plans are kept for inputs of different sizes.
    package var memoryPlanCount: Int { memoryPlans.count }

    /// Makes a session with an arena of its own.
    package func makeSession() -> any Session { CPUSession(self) }
}

/// Numbers the names of a graph.
private struct SlotBuilder {
    var slots: [String: Int] = [:]

    mutating func define(_ name: String) -> Int {
        if let slot = slots[name] { return slot }
        slots[name] = slots.count
        return slots.count - 1
    }

    func find(_ name: String, at place: NodePlace) throws(PlanError) -> Int {
        guard let slot = slots[name] else { throw PlanError("nothing makes the value '\(name)' it reads", at: place) }
        return slot
    }
}
