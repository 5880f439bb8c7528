// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct ByteGEMMTests {
    static let sizes = [
        (1, 1, 1), (1, 40, 19), (2, 16, 8), (3, 33, 5), (5, 8, 4), (6, 31, 30), (7, 17, 2), (14, 32, 16), (15, 70, 37),
        (30, 9, 64), (61, 45, 12), (70, 300, 33),
    ]

    @Test("Quantised products are exact for every pair of signs and any zero points", arguments: kernelSets)
    func exact(kernels: Kernels) {
        var random = SeededGenerator(71)
        for (m, n, k) in Self.sizes {
            for signs in 0..<4 {
                let (isASigned, isBSigned) = (signs & 1 == 1, signs & 2 == 2)
                let a = Buffer<UInt8>(random: m * k, &random)
                let b = Buffer<UInt8>(random: k * n, &random)
                let aZeros = Buffer<Int32>((0..<m).map { _ in Int32.random(in: -100...100, using: &random) }, filler: 9)
                let bZeros = Buffer<Int32>((0..<n).map { _ in Int32.random(in: -100...100, using: &random) }, filler: 9)
                let isTurned = signs == 2
                let right = unsafe ByteOperand(
                    b.constant, isSigned: isBSigned, rowStride: isTurned ? 1 : n, columnStride: isTurned ? k : 1)
                let packed = Buffer<UInt8>(kernels.packedByteGEMMByteCount(k: k, n: n) + 16, filler: 0xa5)
                let memory = unsafe UnsafeMutableRawPointer(packed.pointer)
                unsafe kernels.packByteGEMM(k: k, n: n, right, into: memory)
                let (zeroMode, aPer, bPer) = (signs, signs % 2 == 0, signs > 1)
                var sums: [Int32] = []
                for i in 0..<m {
                    for j in 0..<n {
                        var sum: Int32 = 0
                        let aZero = zeroMode == 3 ? 0 : aZeros[aPer ? i : 0]
                        let bZero = zeroMode == 0 ? 0 : bZeros[bPer ? j : 0]
                        for p in 0..<k {
                            let x = number(a[i * k + p], isSigned: isASigned)
                            let y = number(b[isTurned ? j * k + p : p * n + j], isSigned: isBSigned)
                            sum += (x - aZero) * (y - bZero)
                        }
                        sums.append(sum)
                    }
                }
                let axis = signs % 2 == 0 ? Epilogue.BiasAxis.column : .row
                let channels = ByteChannels(
                    Swift.max(m, n), axis: axis, activation: signs == 1 ? .relu : .none, &random)
                func channel(_ index: Int) -> Int { axis == .row ? index / n : index % n }
                func run(_ destination: ByteEpilogue.Destination, _ epilogue: ByteEpilogue) {
                    unsafe kernels.byteGEMM(
                        m: m, n: n, k: k, ByteOperand(a.constant, isSigned: isASigned, rowStride: k),
                        aZeroPoints: zeroMode == 3 ? nil : aZeros.constant, isAZeroPointPerRow: aPer, packed: memory,
                        bZeroPoints: zeroMode == 0 ? nil : bZeros.constant, isBZeroPointPerColumn: bPer,
                        into: destination, rowStride: n, epilogue: epilogue)
                }
                let integers = Buffer<Int32>(m * n, filler: 77)
                unsafe run(.integers(integers.pointer), ByteEpilogue())
                #expect(integers.array == sums, "\(m) \(n) \(k) \(signs)")
                #expect(integers.isIntact && packed.isIntact)
                let floats = Buffer(results: m * n)
                unsafe run(.floats(floats.pointer), channels.epilogue)
                let expected = sums.enumerated().map { channels.float($1, channel($0)) }
                #expect(departure(floats.array, expected, relative: 1e-6, absolute: 1e-5) == nil)
                #expect(floats.isIntact)
                for isSigned in [false, true] {
                    let bytes = Buffer<UInt8>(m * n, filler: 0xa5)
                    unsafe run(.bytes(bytes.pointer, isSigned: isSigned), channels.epilogue)
                    #expect(channels.accepts(bytes.array, sums, isSigned: isSigned, channel: channel))
                    #expect(bytes.isIntact)
                }
            }
        }
    }
}
