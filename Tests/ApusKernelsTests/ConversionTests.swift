// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Testing

@Suite struct ConversionTests {
    @Test("Every 16-bit pattern widens and narrows back", arguments: serialSets)
    func halves(kernels: Kernels) {
        let patterns = Buffer<UInt16>((0...UInt16.max).map { $0 }, filler: 0)
        for format in HalfFormat.allCases {
            let wide = Buffer(results: patterns.count)
            unsafe kernels.widen(format, count: patterns.count, patterns.constant, into: wide.pointer)
            let back = Buffer<UInt16>(patterns.count, filler: 1)
            unsafe kernels.narrow(format, count: patterns.count, wide.constant, into: back.pointer)
            var wrong = 0
            for index in 0..<patterns.count {
                let expected =
                    format == .float16
                    ? Float(Float16(bitPattern: patterns[index])) : Float(bitPattern: UInt32(patterns[index]) << 16)
                if expected.isNaN {
                    if !wide[index].isNaN || format == .float16 && back[index] & 0x7fff <= 0x7c00 { wrong += 1 }
                    if format == .bfloat16 && back[index] & 0x7fff <= 0x7f80 { wrong += 1 }
                } else if wide[index].bitPattern != expected.bitPattern || back[index] != patterns[index] {
                    wrong += 1
                }
            }
            #expect(wrong == 0, "\(format)")
            #expect(wide.isIntact && back.isIntact)
        }
    }

    @Test("Floats narrow half to even", arguments: serialSets)
    func narrowing(kernels: Kernels) {
        var random = SeededGenerator(61)
        var values = (0..<3000).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random)) }
        values += (0..<3001).map { _ in Float.random(in: -70000...70000, using: &random) }
        values += (0..<1000).map { _ in Float.random(in: -1e-4...1e-4, using: &random) * 0.01 }
        let x = Buffer(values, filler: 0)
        let y = Buffer<UInt16>(values.count, filler: 3)
        unsafe kernels.narrow(.float16, count: values.count, x.constant, into: y.pointer)
        for (index, value) in values.enumerated() {
            let expected = Float16(value)
            let isRight = expected.isNaN ? y[index] & 0x7fff > 0x7c00 : y[index] == expected.bitPattern
            #expect(isRight, "\(value)")
        }
        unsafe kernels.narrow(.bfloat16, count: values.count, x.constant, into: y.pointer)
        for (index, value) in values.enumerated() where !value.isNaN {
            let bits = value.bitPattern
            #expect(y[index] == UInt16((UInt64(bits) + 0x7fff + UInt64(bits >> 16 & 1)) >> 16), "\(value)")
        }
    }

    @Test("Bytes quantise half to even with saturation, and widen back", arguments: kernelSets)
    func bytes(kernels: Kernels) {
        var random = SeededGenerator(62)
        for count in [1, 5, 16, 33, 100] {
            var values = (0..<count).map { _ in Float(Int.random(in: -300...300, using: &random)) * 0.25 }
            values[0] = .infinity
            if count > 1 { values[1] = .nan }
            let x = Buffer(values, filler: 0)
            for (isSigned, zero) in [(false, Int32(128)), (true, Int32(-3)), (false, 0)] {
                let y = Buffer<UInt8>(count, filler: 0xa5)
                unsafe kernels.quantize(
                    count: count, x.constant, scale: 0.5, zeroPoint: zero, isSigned: isSigned, into: y.pointer)
                let low: Float = isSigned ? -128 : 0
                let codes = values.map { value in
                    let code = (value / 0.5).rounded(.toNearestOrEven) + Float(zero)
                    return code.isNaN ? Int(low) : Int(Swift.min(Swift.max(code, low), low + 255))
                }
                #expect(y.array == codes.map { UInt8(truncatingIfNeeded: $0) })
                #expect(y.isIntact)
                let z = Buffer(results: count)
                unsafe kernels.dequantize(
                    count: count, y.constant, isSigned: isSigned, scale: 0.5, zeroPoint: zero, into: z.pointer)
                #expect(z.array == codes.map { Float($0 - Int(zero)) * 0.5 })
                #expect(z.isIntact)
            }
        }
    }

    @Test("Quotients in the middle of two numbers and of odd scales round as divisions do", arguments: kernelSets)
    func middles(kernels: Kernels) {
        var random = SeededGenerator(64)
        let scales = (0..<40).map { _ in Float.random(in: 0.001...3, using: &random) }
        for scale in scales + [.leastNonzeroMagnitude, 1e-38, 3e38, -0.3] {
            let middles = (-270...270).map { (Float($0) + 0.5) * scale }
            let values = middles + middles.map(\.nextUp) + middles.map(\.nextDown) + [.infinity, -.infinity, 0]
            let x = Buffer(values, filler: 0)
            let y = Buffer<UInt8>(values.count, filler: 0xa5)
            unsafe kernels.quantize(
                count: values.count, x.constant, scale: scale, zeroPoint: 100, isSigned: false, into: y.pointer)
            let codes = values.map { value in
                let code = (value / scale).rounded(.toNearestOrEven) + 100
                return code.isNaN ? 0 : UInt8(Swift.min(Swift.max(code, 0), 255))
            }
            #expect(y.array == codes && y.isIntact, "scale \(scale)")
        }
    }

    @Test("Matrices transpose at every element size", arguments: kernelSets)
    func transposes(kernels: Kernels) {
        for (rows, columns) in [(1, 1), (3, 5), (16, 16), (17, 33), (8, 40), (70, 130)] {
            for size in [1, 2, 4, 8] {
                let x = Buffer<UInt8>((0..<rows * columns * size).map { UInt8(truncatingIfNeeded: $0 * 7) }, filler: 1)
                let stride = rows + 2
                let y = Buffer<UInt8>(columns * stride * size, filler: 0xee)
                unsafe kernels.transpose(
                    rows: rows, columns: columns, elementByteCount: size, x.constant, rowStride: columns,
                    into: y.pointer, targetRowStride: stride)
                var expected = [UInt8](repeating: 0xee, count: y.count)
                for row in 0..<rows {
                    for column in 0..<columns {
                        for byte in 0..<size {
                            expected[(column * stride + row) * size + byte] = x[(row * columns + column) * size + byte]
                        }
                    }
                }
                #expect(y.array == expected, "\(rows) \(columns) \(size)")
                #expect(y.isIntact)
            }
        }
    }
}
