// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A recurrent layer with a cell beside its state.
package struct LSTM: RealOperator {
    package static let schema = Schema("LSTM", inputs: 3...8, outputs: 0...3)

    private let recurrence: Recurrence
    private let couplesGates: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        recurrence = try Recurrence(node, gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"])
        couplesGates = try node.flag("input_forget")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try recurrence.infer(inputs, states: 2)
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let sequence = try recurrence.sequence(inputs, of: Element.self, outputs.context)
        let (batch, hidden) = (sequence.batch, sequence.hidden)
        let size = batch * hidden
        var lastState = try sequence.state(inputs, 5)
        var lastCell = try sequence.state(inputs, 6)
        let peepholes = try inputs.optionalTensor(7)?.reals(as: Element.self)
        if let peepholes, peepholes.count != recurrence.directions * 3 * hidden {
            throw .shape("\(peepholes.count) peepholes for a state of \(hidden)")
        }
        try outputs.write(0, of: Element.self, sequence.shape) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for direction in 0..<recurrence.directions {
                let range = direction * size..<(direction + 1) * size
                var state = Array(lastState[range])
                var cell = Array(lastCell[range])
                let given = sequence.inputGates(direction: direction, biasGates: 4)
                let isReversed = recurrence.direction == .reverse || direction == 1
                let looks = peepholes.map { Array($0[direction * 3 * hidden..<(direction + 1) * 3 * hidden]) }
                for turn in 0..<sequence.time {
                    var gates = [Element](repeating: 0, count: 4 * size)
                    sequence.addStateGates(state, direction: direction, gates: 0..<4, into: &gates)
                    for item in 0..<batch {
                        guard let step = sequence.step(turn, item: item, isReversed: isReversed) else { continue }
                        let from = sequence.gatePosition(time: step, item: item)
                        for index in 0..<4 * hidden { gates[item * 4 * hidden + index] += given[from + index] }
                        advance(gates, item, hidden, looks, direction, &state, &cell)
                        let to = sequence.position(time: step, direction: direction, item: item)
                        for index in 0..<hidden { target[to + index] = state[item * hidden + index] }
                    }
                }
                lastState.replaceSubrange(range, with: state)
                lastCell.replaceSubrange(range, with: cell)
            }
        }
        outputs.set(1, try sequence.stateTensor(lastState))
        outputs.set(2, try sequence.stateTensor(lastCell))
    }

    private func advance<Element: RealElement>(
        _ gates: [Element], _ item: Int, _ hidden: Int, _ peepholes: [Element]?, _ direction: Int,
        _ state: inout [Element], _ cell: inout [Element]
    ) {
        let functions = recurrence.activations[direction]
        for index in 0..<hidden {
            let place = item * hidden + index
            let before = cell[place]
            var sums = (0..<4).map { gates[(item * 4 + $0) * hidden + index] }
            if let peepholes {
                sums[0] += peepholes[index] * before
                sums[2] += peepholes[2 * hidden + index] * before
            }
            let input = functions[0](recurrence.clipped(sums[0]))
            let forget = couplesGates ? 1 - input : functions[0](recurrence.clipped(sums[2]))
            let after = forget * before + input * functions[1](recurrence.clipped(sums[3]))
            if let peepholes { sums[1] += peepholes[hidden + index] * after }
            cell[place] = after
            state[place] = functions[0](recurrence.clipped(sums[1])) * functions[2](after)
        }
    }
}
