// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// What has been computed of one request to an ensemble and what can run next: a pure state machine.
package struct EnsembleRun {
    private let graph: EnsembleGraph
    private let isNeeded: [Bool]
    private var values: [Tensor?]
    /// Whether a tensor is wanted at the end.
    private var isWanted: [Bool]
    /// How many inputs each step still waits for.
    private var missing: [Int]
    /// How many needed inputs of steps that have not begun read each tensor.
    private var uses: [Int]
    /// The steps that can run and have not begun.
    package private(set) var ready: [Int] = []
    private var openCount = 0

    /// Begins with the ensemble's inputs, nil for those left out, and the tensors that are wanted.
    package init(_ graph: EnsembleGraph, inputs: [Tensor?], wanted: [Int]) {
        self.graph = graph
        isNeeded = graph.steps(for: wanted)
        values = inputs + [Tensor?](repeating: nil, count: max(0, graph.tensors.count - inputs.count))
        isWanted = [Bool](repeating: false, count: graph.tensors.count)
        for tensor in wanted { isWanted[tensor] = true }
        missing = [Int](repeating: 0, count: graph.steps.count)
        uses = [Int](repeating: 0, count: graph.tensors.count)
        for (index, step) in graph.steps.enumerated() where isNeeded[index] {
            openCount += 1
            for link in step.inputs {
                uses[link.tensor] += 1
                if graph.writers[link.tensor] != nil { missing[index] += 1 }
            }
            if missing[index] == 0 { ready.append(index) }
        }
        for tensor in 0..<min(inputs.count, values.count) where uses[tensor] == 0 && !isWanted[tensor] {
            values[tensor] = nil
        }
    }

    /// Whether every step that is needed has finished.
    package var isDone: Bool { openCount == 0 }

    /// Takes a step out of those that are ready; its inputs are handed over, and let go of where it read them last.
    package mutating func begin(_ step: Int) -> [RequestInput] {
        ready.removeAll { $0 == step }
        var inputs: [RequestInput] = []
        inputs.reserveCapacity(graph.steps[step].inputs.count)
        for link in graph.steps[step].inputs {
            if let value = values[link.tensor] { inputs.append(RequestInput(name: link.port, tensor: value)) }
            uses[link.tensor] -= 1
            if uses[link.tensor] == 0, !isWanted[link.tensor] { values[link.tensor] = nil }
        }
        return inputs
    }

    /// The outputs of a step's model that somebody reads.
    package func outputs(of step: Int) -> [RequestedOutput] {
        graph.steps[step].outputs.filter { uses[$0.tensor] > 0 || isWanted[$0.tensor] }.map {
            RequestedOutput(name: $0.port)
        }
    }

    /// A step has finished with the outputs that were asked for.
    package mutating func finish(_ step: Int, _ outputs: [ResponseOutput]) {
        openCount -= 1
        for output in outputs {
            guard let link = graph.steps[step].outputs.first(where: { $0.port == output.name }) else { continue }
            values[link.tensor] = output.tensor
            for reader in graph.readers[link.tensor] where isNeeded[reader] {
                missing[reader] -= 1
                if missing[reader] == 0 { ready.append(reader) }
            }
        }
    }

    /// The tensor of the given place, once it was written.
    package func value(_ tensor: Int) -> Tensor? { values[tensor] }
}
