// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Glibc
import Testing

@Suite struct RowTests {
    static let shapes = [(1, 1), (3, 5), (2, 16), (4, 17), (5, 64), (3, 100), (200, 130)]

    @Test("Softmax and its logarithm agree with the definition", arguments: kernelSets)
    func softmax(kernels: Kernels) {
        var random = SeededGenerator(41)
        for (rows, columns) in Self.shapes {
            let x = Buffer(rows * columns, in: -20...20, &random)
            for logarithm in [false, true] {
                let y = Buffer(results: rows * columns)
                unsafe kernels.softmax(
                    rows: rows, columns: columns, logarithm: logarithm, x.constant, into: y.pointer)
                let expected = (0..<rows).flatMap { row in
                    let values = (0..<columns).map { Double(x[row * columns + $0]) }
                    let top = values.max() ?? 0
                    let sum = values.reduce(0) { $0 + exp($1 - top) }
                    return values.map { Float(logarithm ? $0 - top - log(sum) : exp($0 - top) / sum) }
                }
                #expect(departure(y.array, expected, absolute: logarithm ? 4e-6 : 1e-12) == nil)
                #expect(y.isIntact)
            }
        }
    }

    @Test("Softmax down columns is that of rows", arguments: kernelSets)
    func softmaxColumns(kernels: Kernels) {
        var random = SeededGenerator(43)
        for (length, step) in Self.shapes {
            for (logarithm, blocks) in [(false, 1), (true, 3)] {
                let count = blocks * length * step
                let x = Buffer(count, in: -20...20, &random)
                let (y, turned) = (Buffer(results: count), Buffer(results: count))
                let lines: [Float] = (0..<count).map { place in
                    let (block, rest) = place.quotientAndRemainder(dividingBy: length * step)
                    return x[block * length * step + rest % length * step + rest / length]
                }
                let rows = Buffer(lines, filler: Float.nan)
                unsafe kernels.softmax(
                    rows: blocks * step, columns: length, logarithm: logarithm, rows.constant, into: turned.pointer)
                unsafe kernels.softmaxColumns(
                    blocks: blocks, length: length, step: step, logarithm: logarithm, x.constant, into: y.pointer)
                let expected: [Float] = (0..<count).map { place in
                    let (block, rest) = place.quotientAndRemainder(dividingBy: length * step)
                    return turned[block * length * step + rest % step * length + rest / step]
                }
                #expect(departure(y.array, expected, absolute: logarithm ? 4e-6 : 1e-12) == nil)
                #expect(y.isIntact)
            }
        }
    }

    @Test("Normalisations agree with the definition and report their moments", arguments: kernelSets)
    func normalization(kernels: Kernels) {
        var random = SeededGenerator(42)
        for (rows, columns) in Self.shapes {
            let x = Buffer(rows * columns, in: -3...5, &random)
            let residual = Buffer(rows * columns, in: -1...1, &random)
            let scale = Buffer(columns, in: 0.5...2, &random)
            let bias = Buffer(columns, in: -1...1, &random)
            for (isCentred, hasResidual) in [(true, false), (true, true), (false, false), (false, true)] {
                let y = Buffer(results: rows * columns)
                let sum = Buffer(results: rows * columns)
                let means = Buffer(results: rows)
                let deviations = Buffer(results: rows)
                if isCentred {
                    unsafe kernels.layerNormalization(
                        rows: rows, columns: columns, epsilon: 1e-3, x.constant,
                        residual: hasResidual ? residual.constant : nil, scale: scale.constant, bias: bias.constant,
                        into: y.pointer, sum: hasResidual ? sum.pointer : nil, means: means.pointer,
                        inverseDeviations: deviations.pointer)
                } else {
                    unsafe kernels.rmsNormalization(
                        rows: rows, columns: columns, epsilon: 1e-3, x.constant,
                        residual: hasResidual ? residual.constant : nil, scale: scale.constant, bias: bias.constant,
                        into: y.pointer, inverseDeviations: deviations.pointer)
                }
                for row in 0..<rows {
                    let values = (0..<columns).map { index in
                        Double(x[row * columns + index]) + (hasResidual ? Double(residual[row * columns + index]) : 0)
                    }
                    let mean = isCentred ? values.reduce(0, +) / Double(columns) : 0
                    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
                    let inverse = 1 / sqrt(variance + 1e-3)
                    let expected = (0..<columns).map {
                        Float((values[$0] - mean) * inverse * Double(scale[$0]) + Double(bias[$0]))
                    }
                    let actual = (0..<columns).map { y[row * columns + $0] }
                    #expect(departure(actual, expected, relative: 1e-5, absolute: 2e-5) == nil)
                    #expect(departure([deviations[row]], [Float(inverse)], relative: 1e-5) == nil)
                    if isCentred { #expect(departure([means[row]], [Float(mean)], absolute: 2e-6) == nil) }
                }
                #expect(y.isIntact && sum.isIntact && means.isIntact && deviations.isIntact)
            }
        }
    }

    @Test("Reductions of rows agree with the definition", arguments: kernelSets)
    func reductions(kernels: Kernels) {
        var random = SeededGenerator(43)
        for (rows, columns) in Self.shapes {
            let stride = columns + 3
            let x = Buffer(rows * stride, in: -3...3, &random)
            for reduction in RowReduction.allCases {
                let y = Buffer(results: rows)
                unsafe kernels.reduceRows(
                    reduction, rows: rows, columns: columns, x.constant, rowStride: stride, into: y.pointer)
                let expected = (0..<rows).map { row in
                    let values = (0..<columns).map { Double(x[row * stride + $0]) }
                    return switch reduction {
                    case .sum: Float(values.reduce(0, +))
                    case .maximum: Float(values.max() ?? 0)
                    case .minimum: Float(values.min() ?? 0)
                    case .sumOfSquares: Float(values.reduce(0) { $0 + $1 * $1 })
                    }
                }
                #expect(departure(y.array, expected, absolute: 4e-5) == nil, "\(reduction)")
                #expect(y.isIntact)
            }
        }
    }

    @Test("Cells of recurrent networks agree with the definition", arguments: kernelSets)
    func cells(kernels: Kernels) {
        var random = SeededGenerator(44)
        func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
        for (batch, hidden) in [(1, 1), (2, 16), (3, 21), (5, 40), (1, 160), (3, 128)] {
            let sums = Buffer(batch * 4 * hidden, in: -3...3, &random)
            let weights = Buffer(hidden * 4 * hidden, in: -0.2...0.2, &random)
            let bias = Buffer(3 * hidden, in: -1...1, &random)
            let peepholes = Buffer(3 * hidden, in: -1...1, &random)
            let state = Buffer(batch * hidden, in: -1...1, &random)
            let last = Buffer(batch * hidden, in: -1...1, &random)
            let packed = Buffer<Float>(kernels.packedGEMMByteCount(k: hidden, n: 4 * hidden) / 4, filler: 7)
            unsafe kernels.packGEMM(
                k: hidden, n: 4 * hidden, MatrixOperand(weights.constant, rowStride: 4 * hidden), into: packed.pointer)
            let gates = Buffer(sums.array, filler: 5)
            let cell = Buffer(state.array, filler: 5)
            let output = Buffer(results: batch * hidden)
            unsafe kernels.lstmStep(
                batch: batch, hidden: hidden, last: last.constant, weights: packed.constant, gates: gates.pointer,
                peepholes: peepholes.constant, cell: cell.pointer, output: output.pointer)
            unsafe kernels.packGEMM(
                k: hidden, n: 3 * hidden, MatrixOperand(weights.constant, rowStride: 4 * hidden), into: packed.pointer)
            let room = Buffer(results: batch * 3 * hidden)
            let gru = Buffer(results: batch * hidden)
            unsafe kernels.gruStep(
                batch: batch, hidden: hidden, last: last.constant, weights: packed.constant, bias: bias.constant,
                inputGates: sums.constant, hiddenGates: room.pointer, output: gru.pointer)
            for row in 0..<batch {
                func recurrent(_ column: Int) -> Float {
                    Float(
                        (0..<hidden).reduce(0.0) {
                            $0 + Double(last[row * hidden + $1]) * Double(weights[$1 * 4 * hidden + column])
                        })
                }
                for j in 0..<hidden {
                    let old = state[row * hidden + j]
                    func gate(_ index: Int) -> Float {
                        sums[row * 4 * hidden + index * hidden + j] + recurrent(index * hidden + j)
                    }
                    let forget = sigmoid(gate(2) + peepholes[2 * hidden + j] * old)
                    let input = sigmoid(gate(0) + peepholes[j] * old)
                    let new = forget * old + input * tanhf(gate(3))
                    let open = sigmoid(gate(1) + peepholes[hidden + j] * new)
                    #expect(departure([cell[row * hidden + j]], [new], absolute: 3e-6) == nil)
                    #expect(departure([output[row * hidden + j]], [open * tanhf(new)], absolute: 3e-6) == nil)
                    func sum(_ index: Int) -> Float { sums[row * 3 * hidden + index * hidden + j] }
                    func back(_ index: Int) -> Float { recurrent(index * hidden + j) + bias[index * hidden + j] }
                    let update = sigmoid(sum(0) + back(0))
                    let reset = sigmoid(sum(1) + back(1))
                    let candidate = tanhf(sum(2) + reset * back(2))
                    let next = (1 - update) * candidate + update * last[row * hidden + j]
                    #expect(departure([gru[row * hidden + j]], [next], absolute: 3e-6) == nil)
                }
            }
            #expect(cell.isIntact && output.isIntact && gru.isIntact && gates.isIntact && room.isIntact)
        }
    }
}
