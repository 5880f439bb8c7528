// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

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
        spreadItems(batch, cost: hidden * 16) { rows in
            for row in rows {
                // SAFETY: the caller gives batch rows.
                var task = unsafe apus_lstm_task(
                    hidden: hidden, gates: gates + row * gatesStride, peepholes: peepholes,
                    cell: cell + row * hidden, output: output + row * hidden)
                unsafe table.pointee.f32_lstm_cell?(&task)
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
        spreadItems(batch, cost: hidden * 16) { rows in
            for row in rows {
                // SAFETY: the caller gives batch rows.
                var task = unsafe apus_gru_task(
                    hidden: hidden, input_gates: inputGates + row * inputStride,
                    hidden_gates: hiddenGates + row * hiddenStride, state: state + row * hidden)
                unsafe table.pointee.f32_gru_cell?(&task)
            }
        }
    }
}
