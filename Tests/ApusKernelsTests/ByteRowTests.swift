// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct ByteRowTests {
    @Test("Rows of bytes times a packed matrix are exact as integers, floats and bytes", arguments: kernelSets)
    func products(kernels: Kernels) {
        var random = SeededGenerator(95)
        for (m, n, k) in [
            (1, 1, 4), (1, 40, 64), (3, 17, 12), (15, 33, 8), (29, 70, 100), (128, 96, 32), (200, 65, 256),
        ] {
            let isSigned = n % 2 == 0
            let zero: Int32 = isSigned ? 0 : 128
            let a = Buffer<UInt8>(random: m * k, &random)
            let b = Buffer<UInt8>(random: k * n, &random)
            let packed = Buffer<UInt8>(kernels.packedByteRowsByteCount(k: k, n: n), filler: 0xa5)
            let memory = unsafe UnsafeMutableRawPointer(packed.pointer)
            let operand = unsafe ByteOperand(b.constant, isSigned: isSigned, rowStride: n)
            unsafe kernels.packByteRows(k: k, n: n, operand, zeroPoint: zero, into: memory)
            var sums: [Int32] = []
            for row in 0..<m {
                for column in 0..<n {
                    sums.append(
                        (0..<k).reduce(0) {
                            $0 + (Int32(a[row * k + $1]) - 99) * (number(b[$1 * n + column], isSigned: isSigned) - zero)
                        })
                }
            }
            let integers = Buffer<Int32>(m * n, filler: 77)
            unsafe kernels.byteRows(
                m: m, n: n, k: k, a.constant, aZeroPoint: 99, packed: memory, into: .integers(integers.pointer))
            #expect(integers.array == sums && integers.isIntact, "\(m) \(n) \(k)")
            let columnScales = Buffer(n, in: 0.1...0.5, &random)
            let bias = Buffer(n, in: -1...1, &random)
            let floats = Buffer(results: m * n)
            unsafe kernels.byteRows(
                m: m, n: n, k: k, a.constant, aZeroPoint: 99, packed: memory,
                into: .floats(
                    floats.pointer, scale: 0.25, columnScales: columnScales.constant, bias: bias.constant, .relu))
            let expected = sums.enumerated().map {
                Swift.max(0, Float($1) * (0.25 * columnScales[$0 % n]) + bias[$0 % n])
            }
            #expect(departure(floats.array, expected, relative: 2e-6, absolute: 1e-4) == nil)
            #expect(floats.isIntact)
            unsafe kernels.packByteRows(
                k: k, n: n, operand, zeroPoint: zero, biases: [Int32](repeating: 11, count: n), scales: [0.004],
                aZeroPoint: 99, into: memory)
            let bytes = Buffer<UInt8>(m * n, filler: 0xa5)
            unsafe kernels.byteRows(
                m: m, n: n, k: k, a.constant, packed: memory, into: bytes.pointer, ByteFinish(zeroPoint: 100))
            let codes = sums.map { sum in
                UInt8(Swift.min(Swift.max((Float(sum + 11) * 0.004).rounded(.toNearestOrEven) + 100, 0), 255))
            }
            #expect(bytes.array == codes && bytes.isIntact && packed.isIntact)
        }
    }

    @Test("Sums of bytes round once at each step, whatever the instruction set", arguments: kernelSets)
    func sums(kernels: Kernels) {
        var random = SeededGenerator(96)
        for count in [1, 15, 64, 333, 40000] {
            let (a, b) = (Buffer<UInt8>(random: count, &random), Buffer<UInt8>(random: count, &random))
            for isSigned in [false, true] {
                let sum = ByteSum(
                    left: 0.377, right: 1.21, fixed: -7.5, lowest: isSigned ? -128 : 0, highest: isSigned ? 127 : 255)
                let y = Buffer<UInt8>(count, filler: 0xa5)
                unsafe kernels.byteSum(
                    sum, count: count, isSigned: isSigned, a.constant, b.constant, into: y.pointer)
                let expected = (0..<count).map { index in
                    let half = sum.fixed.addingProduct(Float(number(b[index], isSigned: isSigned)), sum.right)
                    let value = half.addingProduct(Float(number(a[index], isSigned: isSigned)), sum.left)
                    let kept = Swift.min(Swift.max(value, Float(sum.lowest)), Float(sum.highest))
                    return UInt8(truncatingIfNeeded: Int(kept.rounded(.toNearestOrEven)))
                }
                #expect(y.array == expected && y.isIntact)
            }
            let table = Buffer<UInt8>(random: 256, &random)
            let y = Buffer<UInt8>(count, filler: 0xa5)
            unsafe kernels.byteTable(table.constant, count: count, a.constant, into: y.pointer)
            #expect(y.array == a.array.map { table[Int($0)] } && y.isIntact)
        }
    }
}
