// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Carries out one LSTM step with ONNX's default activations, over a batch of rows of `hidden` cells.
    ///
    /// Each row of `gates` holds `4 * hidden` sums from the input in ONNX's order: input, output, forget, cell; what
    /// the last output makes of `weights`, packed for `[hidden, 4 * hidden]`, is added. `cell` is replaced, `output`
    /// is written, both in rows of `hidden`. Peepholes are 3 rows of `hidden` (input, output, forget) or nil.
    package func lstmStep(
        batch: Int, hidden: Int, last: UnsafePointer<Float>, weights: UnsafeRawPointer,
        gates: UnsafeMutablePointer<Float>, peepholes: UnsafePointer<Float>? = nil, cell: UnsafeMutablePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        let width = 4 * hidden
        // SAFETY: the caller gives batch rows of the sizes named.
        guard let rows = unsafe stateRows(batch, hidden, last) else { return }
        let product = unsafe MatrixProduct(
            m: batch, n: width, k: words(hidden), left: .strided(MatrixOperand(rows, rowStride: words(hidden))),
            right: .packed(weights.assumingMemoryBound(to: Float.self)), c: gates, rowStride: width,
            epilogue: Epilogue(residual: UnsafePointer(gates)), precision: precision)
        spreadCells(product, hidden: hidden, gates: 4) { cells in
            for row in 0..<batch {
                var task = unsafe apus_lstm_task(
                    hidden: hidden, count: cells.count, gates: gates + row * width + cells.lowerBound,
                    peepholes: peepholes.map { unsafe $0 + cells.lowerBound },
                    cell: cell + row * hidden + cells.lowerBound, output: output + row * hidden + cells.lowerBound)
                unsafe table.pointee.f32_lstm_cell?(&task)
            }
        }
    }

    /// Carries out one GRU step (`linear_before_reset = 1`) with ONNX's default activations.
    ///
    /// Rows of `inputGates` hold `3 * hidden` sums from the input, biases included, in ONNX's order: update, reset,
    /// hidden. `weights` are packed for `[hidden, 3 * hidden]`, `bias` holds as many numbers, `hiddenGates` is room
    /// for batch rows of them. `last` is the state before, `output` the state after; they must differ.
    package func gruStep(
        batch: Int, hidden: Int, last: UnsafePointer<Float>, weights: UnsafeRawPointer, bias: UnsafePointer<Float>,
        inputGates: UnsafePointer<Float>, hiddenGates: UnsafeMutablePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        let width = 3 * hidden
        // SAFETY: the caller gives batch rows of the sizes named.
        guard let rows = unsafe stateRows(batch, hidden, last) else { return }
        let product = unsafe MatrixProduct(
            m: batch, n: width, k: words(hidden), left: .strided(MatrixOperand(rows, rowStride: words(hidden))),
            right: .packed(weights.assumingMemoryBound(to: Float.self)), c: hiddenGates, rowStride: width,
            epilogue: Epilogue(bias: bias), precision: precision)
        spreadCells(product, hidden: hidden, gates: 3) { cells in
            for row in 0..<batch {
                var task = unsafe apus_gru_task(
                    hidden: hidden, count: cells.count, input_gates: inputGates + row * width + cells.lowerBound,
                    hidden_gates: UnsafePointer(hiddenGates) + row * width + cells.lowerBound,
                    last: last + row * hidden + cells.lowerBound, state: output + row * hidden + cells.lowerBound)
                unsafe table.pointee.f32_gru_cell?(&task)
            }
        }
    }

    /// The state as the product reads it.
    @unsafe
    private func stateRows(_ batch: Int, _ hidden: Int, _ last: UnsafePointer<Float>) -> UnsafePointer<Float>? {
        guard precision == .bf16 else { return unsafe last }
        return unsafe pairRows(m: batch, k: hidden, MatrixOperand(last, rowStride: hidden))
    }

    /// Computes ranges of cells, each with its part of the product's columns for every gate, on the pool.
    ///
    /// A thread meets the same columns at every step, so that its share of the weights stays in its own cache.
    private func spreadCells(
        _ product: MatrixProduct, hidden: Int, gates: Int, _ finish: (Range<Int>) -> Void
    ) {
        let panel = unsafe table.pointee.f32_gemm_columns
        let work = product.m * product.n * product.k
        let isDivisible = hidden % panel == 0
        let parts = isDivisible && work >= 60_000 ? Swift.min(pool.threadCount, hidden / panel) : 1
        pool.run(partCount: parts) { part in
            let first = part * (hidden / panel) / parts * panel
            let last = part == parts - 1 ? hidden : (part + 1) * (hidden / panel) / parts * panel
            // SAFETY: columns begin at panels, because a gate is a whole number of them wherever it is divided.
            if parts == 1 {
                unsafe product.compute(rows: 0..<product.m, columns: 0..<product.n, self)
            } else {
                for gate in 0..<gates {
                    unsafe product.compute(
                        rows: 0..<product.m, columns: gate * hidden + first..<gate * hidden + last, self)
                }
            }
            finish(first..<last)
        }
    }
}
