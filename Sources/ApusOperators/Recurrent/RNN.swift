// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A recurrent layer with one gate.
package struct RNN: RealOperator {
    package static let schema = Schema("RNN", inputs: 3...6, outputs: 0...2)

    private let recurrence: Recurrence

    package init(_ node: NodeReader) throws(ComputeError) {
        recurrence = try Recurrence(node, gates: 1, activations: ["Tanh"])
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try recurrence.infer(inputs, states: 1)
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let sequence = try recurrence.sequence(inputs, of: Element.self, outputs.context)
        let (batch, hidden) = (sequence.batch, sequence.hidden)
        var last = try sequence.state(inputs, 5)
        try outputs.write(0, of: Element.self, sequence.shape) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for direction in 0..<recurrence.directions {
                let activation = recurrence.activations[direction][0]
                let isReversed = recurrence.direction == .reverse || direction == 1
                let given = sequence.inputGates(direction: direction, biasGates: 1)
                var state = Array(last[direction * batch * hidden..<(direction + 1) * batch * hidden])
                for turn in 0..<sequence.time {
                    var gates = [Element](repeating: 0, count: batch * hidden)
                    sequence.addStateGates(state, direction: direction, gates: 0..<1, into: &gates)
                    for item in 0..<batch {
                        guard let step = sequence.step(turn, item: item, isReversed: isReversed) else { continue }
                        let from = sequence.gatePosition(time: step, item: item)
                        let to = sequence.position(time: step, direction: direction, item: item)
                        for index in 0..<hidden {
                            let sum = given[from + index] + gates[item * hidden + index]
                            let value = activation(recurrence.clipped(sum))
                            state[item * hidden + index] = value
                            target[to + index] = value
                        }
                    }
                }
                last.replaceSubrange(direction * batch * hidden..<(direction + 1) * batch * hidden, with: state)
            }
        }
        outputs.set(1, try sequence.stateTensor(last))
    }
}
