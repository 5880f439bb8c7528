// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// An LSTM layer with ONNX's default activations and packed weights.
///
/// Inputs: sequences `[steps, batch, input]`, packed input weights of all directions, packed recurrent weights, the
/// sum of both biases `[directions, 4 * hidden]`, initial output and cell state (optional), peepholes
/// `[directions, 3 * hidden]` (optional). Outputs as `LSTM`.
struct LoweredLSTM: Operator {
    static let schema = Schema("LSTM", domain: PackedWeights.domain, inputs: 4...7, outputs: 1...3)

    private let shape: RecurrentShape

    init(_ node: NodeReader) throws(ComputeError) { shape = try RecurrentShape(node, gates: 4) }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        shape.infer(inputs[0], states: 2)
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try shape.check(inputs, outputs.context)
        let x = try inputs.tensor(0)
        let (steps, batch, hidden) = (x.shape[0], x.shape[1], shape.hidden)
        let bias = try inputs.tensor(3)
        let peepholes = try inputs.optionalTensor(6)
        guard bias.elementType == .float32, bias.elementCount == shape.directions * 4 * hidden,
            peepholes.map({ $0.elementType == .float32 && $0.elementCount == shape.directions * 3 * hidden }) ?? true
        else { throw .shape("bias or peepholes do not fit \(hidden) cells") }
        let result = try outputs.makeTensor(0, .float32, Shape(steps, shape.directions, batch, hidden))
        let state = try shape.initialState(try inputs.optionalTensor(4), batch: batch, outputs.context)
        let cell = try shape.initialState(try inputs.optionalTensor(5), batch: batch, outputs.context)
        let gates = try outputs.context.makeTensor(.float32, Shape(steps, batch, 4 * hidden))
        let kernels = outputs.context.kernels(shape.precision)
        let (inputWeights, stateWeights) = (try inputs.tensor(1), try inputs.tensor(2))
        if batch > 0, steps > 0 {
            for direction in 0..<shape.directions {
                // SAFETY: check() and the guard above compared every size; all tensors outlive the loop.
                unsafe run(
                    direction, steps: steps, batch: batch, kernels, x.floats,
                    inputWeights.baseAddress + direction
                        * kernels.packedGEMMByteCount(k: shape.inputSize, n: 4 * hidden),
                    stateWeights.baseAddress + direction * kernels.packedGEMMByteCount(k: hidden, n: 4 * hidden),
                    bias: bias.floats + direction * 4 * hidden,
                    peepholes: peepholes.map { unsafe $0.floats + direction * 3 * hidden }, gates: gates.floats,
                    state: state.floats + direction * batch * hidden, cell: cell.floats + direction * batch * hidden,
                    output: result.floats + direction * batch * hidden)
            }
        }
        withExtendedLifetime((x, inputWeights, stateWeights, bias, peepholes)) {}
        _ = gates.finish()
        outputs.set(0, result.finish())
        outputs.set(1, state.finish())
        outputs.set(2, cell.finish())
    }

    @unsafe
    private func run(
        _ direction: Int, steps: Int, batch: Int, _ kernels: Kernels, _ x: UnsafePointer<Float>,
        _ inputWeights: UnsafeRawPointer, _ stateWeights: UnsafeRawPointer, bias: UnsafePointer<Float>,
        peepholes: UnsafePointer<Float>?, gates: UnsafeMutablePointer<Float>, state: UnsafeMutablePointer<Float>,
        cell: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        let hidden = shape.hidden
        let width = 4 * hidden
        unsafe kernels.gemm(
            m: steps * batch, n: width, k: shape.inputSize, MatrixOperand(x, rowStride: shape.inputSize),
            packed: inputWeights, into: gates, rowStride: width, epilogue: Epilogue(bias: bias))
        var last = unsafe UnsafePointer(state)
        for index in 0..<steps {
            let step = shape.isReversed(direction) ? steps - 1 - index : index
            let now = unsafe gates + step * batch * width
            let target = unsafe output + step * shape.directions * batch * hidden
            unsafe kernels.lstmStep(
                batch: batch, hidden: hidden, last: last, weights: stateWeights, gates: now, peepholes: peepholes,
                cell: cell, output: target)
            unsafe last = UnsafePointer(target)
        }
        unsafe state.update(from: last, count: batch * hidden)
    }
}
