// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct CodedGEMMTests {
    static let sizes: [(m: Int, n: Int, k: Int, block: Int)] = [
        (1, 1, 1, 1), (1, 33, 70, 16), (2, 64, 96, 32), (3, 31, 45, 45), (4, 9, 64, 64), (5, 40, 300, 128),
        (6, 65, 37, 10), (7, 32, 8, 8), (8, 70, 129, 32), (9, 17, 530, 16), (15, 34, 600, 7), (29, 50, 257, 64),
        (31, 640, 40, 40), (13, 33, 64, 16), (49, 70, 300, 32), (60, 33, 270, 270),
    ]

    /// Coded weights with what they stand for.
    private struct Weights {
        let matrix: CodedMatrix
        let codes: Buffer<UInt8>
        let scales: Buffer<Float>
        let zeroPoints: Buffer<Float>?
        let reals: [Float]

        init(
            _ k: Int, _ n: Int, _ bits: Int, _ block: Int, _ zeros: CodedMatrix.ZeroPoints,
            _ random: inout SeededGenerator
        ) {
            matrix = CodedMatrix(k: k, n: n, bits: bits, block: block, zeroPoints: zeros)
            let (blocks, most) = (matrix.blockCount, 1 << bits - 1)
            let numbers = (0..<n * k).map { _ in Int.random(in: 0...most, using: &random) }
            codes = Buffer(numbers.map { UInt8($0) }, filler: 0xa5)
            scales = Buffer(n * blocks, in: 0.01...0.2, &random)
            zeroPoints =
                zeros == .middle
                ? nil
                : Buffer(
                    (0..<n * blocks).map { _ in
                        let whole = Float(Int.random(in: 0...most, using: &random))
                        return zeros == .bytes ? whole : whole + 0.25
                    }, filler: .nan)
            var reals: [Float] = []
            for column in 0..<n {
                for depth in 0..<k {
                    let place = column * blocks + depth / block
                    let zero = zeroPoints?[place] ?? Float(1 << (bits - 1))
                    reals.append((Float(numbers[column * k + depth]) - zero) * scales[place])
                }
            }
            self.reals = reals
        }

        func packed(_ kernels: Kernels) -> Buffer<UInt8> {
            let packed = Buffer<UInt8>(kernels.packedCodesByteCount(matrix), filler: 0xa5)
            let source = unsafe CodedSource(
                codes.constant, storedBits: 8, columnStride: matrix.k, depthStride: 1, scales: scales.constant,
                zeroPoints: zeroPoints?.constant, scaleColumnStride: matrix.blockCount, scaleBlockStride: 1)
            unsafe kernels.packCodes(matrix, source, into: packed.pointer)
            return packed
        }
    }

    @Test("Products with codes agree with what the codes stand for", arguments: kernelSets)
    func products(kernels: Kernels) {
        var random = SeededGenerator(91)
        for (index, size) in Self.sizes.enumerated() {
            let (m, n, k) = (size.m, size.n, size.k)
            for bits in [4, 8] {
                for zeros in [CodedMatrix.ZeroPoints.middle, .bytes, .floats] {
                    let weights = Weights(k, n, bits, size.block, zeros, &random)
                    let packed = weights.packed(kernels)
                    #expect(packed.isIntact)
                    let a = Buffer(m * k, in: -1...1, &random)
                    let bias = Buffer(n, in: -1...1, &random)
                    let residual = Buffer(m * n, in: -1...1, &random)
                    let activation = GEMMTests.activations[index % GEMMTests.activations.count]
                    let expected = naiveProduct(
                        m: m, n: n, k: k, { a[$0 * k + $1] }, { weights.reals[$1 * k + $0] },
                        { sum, i, j in activation(Float(sum * 0.5) + bias[j] + residual[i * n + j]) })
                    for isInPlace in [false, true] {
                        let c = isInPlace ? Buffer(residual.array, filler: 3) : Buffer(results: m * n)
                        let epilogue = unsafe Epilogue(
                            scale: 0.5, bias: bias.constant, residual: isInPlace ? c.constant : residual.constant,
                            activation: activation)
                        unsafe kernels.gemm(
                            m: m, a.constant, codes: weights.matrix, packed: packed.constant, into: c.pointer,
                            rowStride: n, epilogue: epilogue)
                        let bound: Float = bits == 4 ? 3e-5 : 5e-4
                        let found = departure(c.array, expected, relative: 1e-5, absolute: bound)
                        #expect(found == nil, "\(size) \(bits) bits, \(zeros), in place \(isInPlace): \(found ?? "")")
                        #expect(c.isIntact)
                    }
                }
            }
        }
    }

    @Test("Codes are packed from numbers of any width, sign and order", arguments: serialSets)
    func sources(kernels: Kernels) {
        var random = SeededGenerator(92)
        for (storedBits, isSigned, n, k) in [
            (2, false, 35, 32), (2, true, 9, 17), (4, false, 33, 64), (4, true, 20, 33), (8, true, 34, 13),
        ] {
            for isTurned in [false, true] {
                let stored = (0..<n * k).map { _ in Int.random(in: 0..<1 << storedBits, using: &random) }
                let perByte = 8 / storedBits
                var bytes = [UInt8](repeating: 0, count: (n * k + perByte - 1) / perByte)
                for (index, number) in stored.enumerated() {
                    bytes[index / perByte] |= UInt8(number << (index % perByte * storedBits))
                }
                let bits = Swift.max(4, storedBits)
                let half = 1 << (storedBits - 1)
                let lift = storedBits == 2 ? 8 - half : 0
                let matrix = CodedMatrix(k: k, n: n, bits: bits, block: 16)
                let scales = Buffer(n * matrix.blockCount, in: 0.5...1, &random)
                let codes = Buffer(bytes, filler: 0xa5)
                var source = unsafe CodedSource(
                    codes.constant, storedBits: storedBits, columnStride: isTurned ? k : 1,
                    depthStride: isTurned ? 1 : n, scales: scales.constant, scaleColumnStride: 1, scaleBlockStride: n)
                source.turn = isSigned ? half : 0
                source.lift = lift
                let packed = Buffer<UInt8>(kernels.packedCodesByteCount(matrix), filler: 0xa5)
                unsafe kernels.packCodes(matrix, source, into: packed.pointer)
                #expect(packed.isIntact)
                let rows = Buffer((0..<k * k).map { $0 % (k + 1) == 0 ? Float(1) : 0 }, filler: .nan)
                let c = Buffer(results: k * n)
                unsafe kernels.gemm(
                    m: k, rows.constant, codes: matrix, packed: packed.constant, into: c.pointer, rowStride: n)
                let expected = (0..<k * n).map { index in
                    let (depth, column) = index.quotientAndRemainder(dividingBy: n)
                    let number = stored[isTurned ? column * k + depth : depth * n + column]
                    let value = isSigned ? (number ^ half) - half : number - half
                    return Float(value) * scales[depth / 16 * n + column]
                }
                let found = departure(c.array, expected, relative: 1e-6, absolute: 1e-5)
                #expect(found == nil, "\(storedBits) bits, signed \(isSigned), turned \(isTurned): \(found ?? "")")
            }
        }
    }
}
