// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// Finishes one LSTM step with ONNX's default activations, over a batch of rows of `hidden` cells.
    ///
    /// Each row of `gates` holds `4 * hidden` pre-activations in ONNX's order: input, output, forget, cell. `cell` is
    /// replaced, `output` is written, both in rows of `hidden`. Peepholes are 3 rows of `hidden` (input, output,
    /// forget) or nil.
    package func lstmCell(
        batch: Int, hidden: Int, gates: UnsafePointer<Float>, gatesStride: Int, peepholes: UnsafePointer<Float>? = nil,
        cell: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        let (sigmoid, tanh) = (Activation.sigmoid, Activation.tanh)
        for row in 0..<batch {
            let g = unsafe gates + row * gatesStride
            for j in 0..<hidden {
                let index = row * hidden + j
                let old = unsafe cell[index]
                func peep(_ gate: Int, _ value: Float) -> Float {
                    unsafe peepholes.map { unsafe $0[gate * hidden + j] * value } ?? 0
                }
                let input = unsafe sigmoid(g[j] + peep(0, old))
                let forget = unsafe sigmoid(g[2 * hidden + j] + peep(2, old))
                let new = unsafe forget * old + input * tanh(g[3 * hidden + j])
                unsafe cell[index] = new
                unsafe output[index] = sigmoid(g[hidden + j] + peep(1, new)) * tanh(new)
            }
        }
    }

    /// Finishes one GRU step (`linear_before_reset = 1`) with ONNX's default activations.
    ///
    /// Rows of `inputGates` and `hiddenGates` hold `3 * hidden` pre-activations from the input and from the last
    /// state, biases included, in ONNX's order: update, reset, hidden. `state` is read and replaced.
    package func gruCell(
        batch: Int, hidden: Int, inputGates: UnsafePointer<Float>, inputStride: Int,
        hiddenGates: UnsafePointer<Float>, hiddenStride: Int, state: UnsafeMutablePointer<Float>
    ) {
        let (sigmoid, tanh) = (Activation.sigmoid, Activation.tanh)
        for row in 0..<batch {
            let (g, r) = unsafe (inputGates + row * inputStride, hiddenGates + row * hiddenStride)
            for j in 0..<hidden {
                let old = unsafe state[row * hidden + j]
                let update = unsafe sigmoid(g[j] + r[j])
                let reset = unsafe sigmoid(g[hidden + j] + r[hidden + j])
                let new = unsafe tanh(g[2 * hidden + j] + reset * r[2 * hidden + j])
                unsafe state[row * hidden + j] = (1 - update) * new + update * old
            }
        }
    }
}
