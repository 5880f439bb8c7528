// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A gated recurrent layer.
package struct GRU: RealOperator {
    package static let schema = Schema("GRU", inputs: 3...6, outputs: 0...2)

    private let recurrence: Recurrence
    private let resetsAfter: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        recurrence = try Recurrence(node, gates: 3, activations: ["Sigmoid", "Tanh"])
        resetsAfter = try node.flag("linear_before_reset")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try recurrence.infer(inputs, states: 1)
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let sequence = try recurrence.sequence(inputs, of: Element.self, outputs.context)
        let size = sequence.batch * sequence.hidden
        var last = try sequence.state(inputs, 5)
        try outputs.write(0, of: Element.self, sequence.shape) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for direction in 0..<recurrence.directions {
                var state = Array(last[direction * size..<(direction + 1) * size])
                let given = sequence.inputGates(direction: direction, biasGates: resetsAfter ? 2 : 3)
                for turn in 0..<sequence.time {
                    advance(sequence, turn, direction, given, &state, &target)
                }
                last.replaceSubrange(direction * size..<(direction + 1) * size, with: state)
            }
        }
        outputs.set(1, try sequence.stateTensor(last))
    }

    private func advance<Element: RealElement>(
        _ sequence: RecurrentSequence<Element>, _ turn: Int, _ direction: Int, _ given: [Element],
        _ state: inout [Element], _ target: inout MutableSpan<Element>
    ) {
        let (batch, hidden) = (sequence.batch, sequence.hidden)
        let functions = recurrence.activations[direction]
        let isReversed = recurrence.direction == .reverse || direction == 1
        var gates = [Element](repeating: 0, count: batch * 2 * hidden)
        sequence.addStateGates(state, direction: direction, gates: 0..<2, into: &gates)
        var update = [Element](repeating: 0, count: batch * hidden)
        var reset = update
        for item in 0..<batch {
            guard let step = sequence.step(turn, item: item, isReversed: isReversed) else { continue }
            let from = sequence.gatePosition(time: step, item: item)
            for index in 0..<hidden {
                let first = given[from + index] + gates[item * 2 * hidden + index]
                let second = given[from + hidden + index] + gates[(item * 2 + 1) * hidden + index]
                update[item * hidden + index] = functions[0](recurrence.clipped(first))
                reset[item * hidden + index] = functions[0](recurrence.clipped(second))
            }
        }
        var candidates = [Element](repeating: 0, count: batch * hidden)
        let seen = resetsAfter ? state : zip(state, reset).map { $0 * $1 }
        sequence.addStateGates(seen, direction: direction, gates: 2..<3, into: &candidates)
        for item in 0..<batch {
            guard let step = sequence.step(turn, item: item, isReversed: isReversed) else { continue }
            let from = sequence.gatePosition(time: step, item: item) + 2 * hidden
            let to = sequence.position(time: step, direction: direction, item: item)
            for index in 0..<hidden {
                let place = item * hidden + index
                var part = candidates[place]
                if resetsAfter {
                    part = reset[place] * (part + sequence.stateBias(direction: direction, gate: 2, index))
                }
                let candidate = functions[1](recurrence.clipped(given[from + index] + part))
                state[place] = (1 - update[place]) * candidate + update[place] * state[place]
                target[to + index] = state[place]
            }
        }
    }
}
