// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct GEMMTests {
    static let sizes: [(Int, Int, Int)] = [
        (1, 1, 1), (1, 33, 7), (1, 64, 100), (2, 31, 5), (3, 32, 17), (4, 8, 9), (5, 9, 16), (6, 16, 3), (7, 15, 4),
        (8, 17, 1), (9, 65, 2), (10, 40, 11), (11, 3, 13), (12, 1, 21), (13, 34, 8), (14, 32, 6), (15, 33, 5),
        (29, 70, 12), (16, 16, 0), (17, 40, 700), (64, 20, 330),
    ]

    @Test("Products agree with the definition in every layout", arguments: serialSets.ofAllPrecisions)
    func layouts(kernels: Kernels) {
        var random = SeededGenerator(11)
        for (m, n, k) in Self.sizes {
            let a = Buffer(Swift.max(1, m * k), in: -1...1, &random).rounded(for: kernels)
            let b = Buffer(Swift.max(1, k * n), in: -1...1, &random).rounded(for: kernels)
            let packed = Buffer<Float>(kernels.packedGEMMByteCount(k: k, n: n) / 4, filler: 7)
            for (isATurned, isBTurned) in [(false, false), (true, false), (false, true), (true, true)] {
                let left = unsafe MatrixOperand(
                    a.constant, rowStride: isATurned ? 1 : k, columnStride: isATurned ? m : 1)
                let right = unsafe MatrixOperand(
                    b.constant, rowStride: isBTurned ? 1 : n, columnStride: isBTurned ? k : 1)
                let expected = naiveProduct(
                    m: m, n: n, k: k, { a[isATurned ? $1 * m + $0 : $0 * k + $1] },
                    { b[isBTurned ? $1 * k + $0 : $0 * n + $1] }, { sum, _, _ in Float(sum) })
                let plain = Buffer(results: m * n)
                unsafe kernels.gemm(m: m, n: n, k: k, left, right, into: plain.pointer, rowStride: n)
                #expect(departure(plain.array, expected, absolute: 1e-5) == nil, "\(m) \(n) \(k)")
                #expect(plain.isIntact)
                unsafe kernels.packGEMM(k: k, n: n, right, into: packed.pointer)
                #expect(packed.isIntact)
                let prepared = Buffer(results: m * n)
                unsafe kernels.gemm(
                    m: m, n: n, k: k, left, packed: packed.constant, into: prepared.pointer, rowStride: n)
                #expect(departure(prepared.array, expected, absolute: 1e-5) == nil, "packed \(m) \(n) \(k)")
                #expect(prepared.isIntact)
            }
        }
    }

    @Test("Many rows of depth are summed as exactly as few, in tiles of every width", arguments: kernelSets)
    func depth(kernels: Kernels) {
        var random = SeededGenerator(15)
        for (m, n, k) in [(30, 96, 800), (37, 234, 300), (5, 130, 1700)] {
            let a = Buffer(m * k, in: -1...1, &random)
            let b = Buffer(k * n, in: -1...1, &random)
            let packed = Buffer<Float>(kernels.packedGEMMByteCount(k: k, n: n) / 4, filler: 7)
            let right = unsafe MatrixOperand(b.constant, rowStride: n)
            unsafe kernels.packGEMM(k: k, n: n, right, into: packed.pointer)
            let bias = Buffer(n, in: -1...1, &random)
            let residual = Buffer(m * n, in: -1...1, &random)
            let expected = naiveProduct(m: m, n: n, k: k, { a[$0 * k + $1] }, { b[$0 * n + $1] }) { sum, i, j in
                Float(sum + Double(bias[j]) + Double(residual[i * n + j]))
            }
            for isInPlace in [false, true] {
                let c = isInPlace ? Buffer(residual.array, filler: 3) : Buffer(results: m * n)
                unsafe kernels.gemm(
                    m: m, n: n, k: k, MatrixOperand(a.constant, rowStride: k), packed: packed.constant,
                    into: c.pointer, rowStride: n,
                    epilogue: Epilogue(
                        bias: bias.constant, biasAxis: .column,
                        residual: isInPlace ? c.constant : residual.constant))
                #expect(departure(c.array, expected, absolute: 2e-5) == nil, "\(m) \(n) \(k) \(isInPlace)")
                #expect(c.isIntact)
            }
        }
    }

    @Test("Neither rows nor columns of the left operand need be contiguous", arguments: kernelSets)
    func spreadLeft(kernels: Kernels) {
        var random = SeededGenerator(14)
        for (m, n, k) in [(1, 40, 9), (3, 32, 17), (16, 70, 33), (29, 64, 300)] {
            let a = Buffer(2 * m * k, in: -1...1, &random)
            let b = Buffer(k * n, in: -1...1, &random)
            let packed = Buffer<Float>(kernels.packedGEMMByteCount(k: k, n: n) / 4, filler: 7)
            let right = unsafe MatrixOperand(b.constant, rowStride: n)
            unsafe kernels.packGEMM(k: k, n: n, right, into: packed.pointer)
            let c = Buffer(results: m * n)
            unsafe kernels.gemm(
                m: m, n: n, k: k, MatrixOperand(a.constant, rowStride: 2 * k, columnStride: 2),
                packed: packed.constant, into: c.pointer, rowStride: n)
            let expected = naiveProduct(
                m: m, n: n, k: k, { a[2 * ($0 * k + $1)] }, { b[$0 * n + $1] }, { sum, _, _ in Float(sum) })
            #expect(departure(c.array, expected, absolute: 1e-5) == nil, "\(m) \(n) \(k)")
            #expect(c.isIntact)
        }
    }

    static let activations: [Activation] = [
        .none, .relu, .clip(min: -0.5, max: 0.75), .leakyRelu(alpha: 0.1), .sigmoid, .tanh, .silu, .hardSwish,
        .hardSigmoid(alpha: 0.3, beta: 0.4), .geluErf, .geluTanh,
    ]

    @Test("Scale, bias, residual and activation are applied once, in order", arguments: kernelSets)
    func epilogues(kernels: Kernels) {
        var random = SeededGenerator(12)
        for (m, n, k) in [(1, 40, 30), (19, 37, 23), (5, 300, 650), (120, 140, 60)] {
            let a = Buffer(m * k, in: -1...1, &random)
            let b = Buffer(k * n, in: -0.2...0.2, &random)
            let bias = Buffer(Swift.max(m, n), in: -1...1, &random)
            let residual = Buffer(m * n, in: -1...1, &random)
            for (index, activation) in Self.activations.enumerated() where m * n < 10_000 || index < 2 {
                let axis = index % 2 == 0 ? Epilogue.BiasAxis.row : .column
                let expected = naiveProduct(m: m, n: n, k: k, { a[$0 * k + $1] }, { b[$0 * n + $1] }) { sum, i, j in
                    activation(Float(sum * 0.5) + bias[axis == .row ? i : j] + residual[i * n + j])
                }
                for isInPlace in [false, true] {
                    let c = isInPlace ? Buffer(residual.array, filler: 3) : Buffer(results: m * n)
                    let epilogue = unsafe Epilogue(
                        scale: 0.5, bias: bias.constant, biasAxis: axis,
                        residual: isInPlace ? c.constant : residual.constant, activation: activation)
                    unsafe kernels.gemm(
                        m: m, n: n, k: k, MatrixOperand(a.constant, rowStride: k),
                        MatrixOperand(b.constant, rowStride: n), into: c.pointer, rowStride: n, epilogue: epilogue)
                    let found = departure(c.array, expected, relative: 1e-5, absolute: 2e-5)
                    #expect(found == nil, "\(m) \(n) \(k) \(activation)")
                    #expect(c.isIntact)
                }
            }
        }
    }

    @Test("Batches take every pair at its offset", arguments: kernelSets)
    func batches(kernels: Kernels) {
        var random = SeededGenerator(13)
        let (m, n, k) = (9, 20, 18)
        let a = Buffer(2 * m * k, in: -1...1, &random)
        let b = Buffer(3 * k * n, in: -1...1, &random)
        let c = Buffer(results: 6 * m * n)
        let aOffsets = (0..<6).map { $0 / 3 * m * k }
        let bOffsets = (0..<6).map { $0 % 3 * k * n }
        let cOffsets = (0..<6).map { $0 * m * n }
        unsafe kernels.gemm(
            m: m, n: n, k: k, MatrixOperand(a.constant, rowStride: k), aOffsets: aOffsets,
            MatrixOperand(b.constant, rowStride: n), bOffsets: bOffsets, into: c.pointer, cOffsets: cOffsets,
            rowStride: n)
        let expected = (0..<6).flatMap { index in
            naiveProduct(
                m: m, n: n, k: k, { a[aOffsets[index] + $0 * k + $1] }, { b[bOffsets[index] + $0 * n + $1] },
                { sum, _, _ in Float(sum) })
        }
        #expect(departure(c.array, expected, absolute: 1e-5) == nil)
        #expect(c.isIntact)
    }
}
