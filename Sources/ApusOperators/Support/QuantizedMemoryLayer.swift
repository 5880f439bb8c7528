// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One direction of a long short-term memory with 8-bit weights; gates are input, output, forget, cell.
package struct QuantizedMemoryLayer {
    package var hidden: Int
    package var batch: Int
    package var clip: Float
    package var couplesGates: Bool
    package var activations: [GateActivation]
    package var weights: QuantizedWeights
    package var recurrence: QuantizedWeights
    package var bias: [Float]
    package var output: [Float]
    package var cell: [Float]
    package var peepholes: [Float]

    /// Runs over the steps of every sequence and reports each output; returns the last outputs and cells.
    package consuming func run(
        _ values: [Float], _ steps: Int, _ lengths: [Int], isReverse: Bool,
        _ report: (Int, Int, Int, Float) -> Void
    ) -> (outputs: [Float], cells: [Float]) {
        let projected = weights.multiply(values, count: steps * batch)
        for step in 0..<steps {
            var previous = output
            for item in 0..<batch where step > lengths[item] {
                for unit in 0..<hidden { previous[item * hidden + unit] = 0 }
            }
            let recurrent = recurrence.multiply(previous, count: batch)
            for item in 0..<batch where step < lengths[item] {
                let place = isReverse ? lengths[item] - 1 - step : step
                for unit in 0..<hidden {
                    let state = item * hidden + unit
                    func gate(_ index: Int) -> Float {
                        let column = index * hidden + unit
                        return projected[(place * batch + item) * 4 * hidden + column]
                            + recurrent[item * 4 * hidden + column] + bias[column] + bias[4 * hidden + column]
                    }
                    let old = cell[state]
                    let input = activations[0](clipped(gate(0) + peepholes[unit] * old))
                    let forget =
                        couplesGates
                        ? 1 - input : activations[0](clipped(gate(2) + peepholes[2 * hidden + unit] * old))
                    let candidate = activations[1](clipped(gate(3)))
                    let new = forget * old + input * candidate
                    let open = activations[0](clipped(gate(1) + peepholes[hidden + unit] * new))
                    cell[state] = new
                    output[state] = open * activations[2](new)
                    report(place, item, unit, output[state])
                }
            }
        }
        return (output, cell)
    }

    private func clipped(_ value: Float) -> Float { value > clip ? clip : value < -clip ? -clip : value }
}
