// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusPasses
import Testing

@Suite struct QuantizationRuleTests {
    private static let scales = """
        const p: f32[] = [0.5]
        const q: f32[] = [0.25]
        const zp: u8[] = [128]
        const zq: u8[] = [3]
        """

    @Test("Conv between Dequantize and Quantize is QLinearConv")
    func conv() throws {
        try Harness.expect(
            QuantizedConv(),
            """
            (x: u8[1, 1, 3]) -> (y: u8[1, 2, 3])
            \(Self.scales)
            const w: i8[2, 1, 1] = [2, 3]
            const sw: f32[2] = [0.5, 0.25]
            const b: f32[2] = [1.0, -2.0]
            a = DequantizeLinear(x, p, zp)
            c = DequantizeLinear(w, sw) {axis = 0}
            d = Conv(a, c, b)
            y = QuantizeLinear(d, q, zq)
            """,
            becomes: """
                (x: u8[1, 1, 3]) -> (y: u8[1, 2, 3])
                \(Self.scales)
                const w: i8[2, 1, 1] = [2, 3]
                const sw: f32[2] = [0.5, 0.25]
                const w_zero: i8[2] = [0, 0]
                const b_integer: i32[2] = [4, -16]
                y = QLinearConv(x, p, zp, w, sw, w_zero, q, zq, b_integer)
                """, tolerance: 0.02)
        try Harness.expect(
            QuantizedConv(),
            """
            (x: u8[1, 1, 3], s: f32[]) -> (y: u8[1, 1, 3])
            \(Self.scales)
            const w: i8[1, 1, 1] = [2]
            a = DequantizeLinear(x, s, zp)
            c = DequantizeLinear(w, p)
            d = Conv(a, c)
            y = QuantizeLinear(d, q, zq)
            """, isRefused: "a scale is not a constant f32 above 0")
        try Harness.expect(
            QuantizedConv(),
            """
            (x: u8[1, 1, 3]) -> (y: u8[1, 2, 3])
            \(Self.scales)
            const w: i8[2, 1, 1] = [2, 3]
            const b: f32[2] = [1e+20, 0.0]
            a = DequantizeLinear(x, p, zp)
            c = DequantizeLinear(w, p)
            d = Conv(a, c, b)
            y = QuantizeLinear(d, q, zq)
            """, isRefused: "the bias does not fit 32 bits")
    }

    @Test("MatMul and sums between Dequantize and Quantize are integer operators")
    func products() throws {
        try Harness.expect(
            QuantizedMatMul(),
            """
            (x: u8[2, 3], w: u8[3, 2]) -> (y: u8[2, 2])
            \(Self.scales)
            a = DequantizeLinear(x, p, zp)
            b = DequantizeLinear(w, q, zp)
            c = MatMul(a, b)
            y = QuantizeLinear(c, p, zq)
            """,
            becomes: """
                (x: u8[2, 3], w: u8[3, 2]) -> (y: u8[2, 2])
                \(Self.scales)
                y = QLinearMatMul(x, p, zp, w, q, zp, p, zq)
                """, tolerance: 0.02)
        try Harness.expect(
            QuantizedBinary(),
            """
            (x: u8[4], w: u8[4]) -> (y: u8[4])
            \(Self.scales)
            a = DequantizeLinear(x, p, zp)
            b = DequantizeLinear(w, q, zp)
            c = Add(a, b)
            y = QuantizeLinear(c, p, zq)
            """,
            becomes: """
                (x: u8[4], w: u8[4]) -> (y: u8[4])
                \(Self.scales)
                y = com.microsoft::QLinearAdd(x, p, zp, w, q, zp, p, zq)
                """, tolerance: 0.02)
    }

    @Test("Gemm over dequantized values is QGemm, also where the result is not quantized")
    func gemm() throws {
        try Harness.expect(
            QuantizedGemm(),
            """
            (x: u8[2, 3]) -> (y: f32[2, 2])
            const p: f32[] = [0.5]
            const zp: u8[] = [128]
            const sw: f32[] = [0.25]
            const zw: i8[] = [0]
            const w: i8[2, 3] = [1, 2, 3, 4, 5, 6]
            const b: i32[2] = [10, 20]
            const sb: f32[] = [0.125]
            a = DequantizeLinear(x, p, zp)
            c = DequantizeLinear(w, sw, zw)
            d = DequantizeLinear(b, sb)
            y = Gemm(a, c, d) {transB = 1}
            """,
            becomes: """
                (x: u8[2, 3]) -> (y: f32[2, 2])
                const p: f32[] = [0.5]
                const zp: u8[] = [128]
                const sw: f32[] = [0.25]
                const zw: i8[] = [0]
                const w: i8[2, 3] = [1, 2, 3, 4, 5, 6]
                const d_integer: i32[2] = [10, 20]
                y = com.microsoft::QGemm(x, p, zp, w, sw, zw, d_integer) {transB = 1}
                """)
    }

    @Test("Pooling, concatenation and movement work on the integers")
    func others() throws {
        try Harness.expect(
            QuantizedUnary(),
            """
            (x: u8[1, 2, 3]) -> (y: u8[1, 2, 1])
            \(Self.scales)
            a = DequantizeLinear(x, p, zp)
            b = GlobalAveragePool(a)
            y = QuantizeLinear(b, q, zq)
            """,
            becomes: """
                (x: u8[1, 2, 3]) -> (y: u8[1, 2, 1])
                \(Self.scales)
                y = com.microsoft::QLinearGlobalAveragePool(x, p, zp, q, zq)
                """, tolerance: 0.02)
        try Harness.expect(
            QuantizedConcat(),
            """
            (x: u8[2], z: u8[3]) -> (y: u8[5])
            \(Self.scales)
            a = DequantizeLinear(x, p, zp)
            b = DequantizeLinear(z, q, zp)
            c = Concat(a, b) {axis = 0}
            y = QuantizeLinear(c, q, zq)
            """,
            becomes: """
                (x: u8[2], z: u8[3]) -> (y: u8[5])
                \(Self.scales)
                y = com.microsoft::QLinearConcat(q, zq, x, p, zp, z, q, zp) {axis = 0}
                """, tolerance: 0.02)
        try Harness.expect(
            QuantizedMovement(),
            """
            (x: u8[2, 3]) -> (y: u8[3, 2])
            const p: f32[] = [0.5]
            const zp: u8[] = [128]
            a = DequantizeLinear(x, p, zp)
            b = Transpose(a)
            y = QuantizeLinear(b, p, zp)
            """,
            becomes: """
                (x: u8[2, 3]) -> (y: u8[3, 2])
                y = Transpose(x)
                """)
        try Harness.expect(
            QuantizedMovement(),
            """
            (x: u8[2, 3]) -> (y: u8[3, 2])
            \(Self.scales)
            a = DequantizeLinear(x, p, zp)
            b = Transpose(a)
            y = QuantizeLinear(b, q, zp)
            """, isRefused: "the scale or the zero point changes")
    }

    @Test("A clamp that quantization repeats disappears")
    func clamp() throws {
        try Harness.expect(
            ClampIntoQuantization(),
            """
            (x: f32[4]) -> (y: u8[4])
            const p: f32[] = [0.5]
            const zp: u8[] = [0]
            a = Relu(x)
            y = QuantizeLinear(a, p, zp)
            """,
            becomes: """
                (x: f32[4]) -> (y: u8[4])
                const p: f32[] = [0.5]
                const zp: u8[] = [0]
                y = QuantizeLinear(x, p, zp)
                """)
        try Harness.expect(
            ClampIntoQuantization(),
            """
            (x: f32[4]) -> (y: u8[4])
            \(Self.scales)
            a = Relu(x)
            y = QuantizeLinear(a, p, zp)
            """, isRefused: "the bounds cut off integers")
    }

    @Test("Requantizing to the same scale disappears")
    func requantization() throws {
        try Harness.expect(
            RequantizationRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            \(Self.scales)
            a = QuantizeLinear(x, p, zp)
            b = DequantizeLinear(a, p, zp)
            c = QuantizeLinear(b, p, zp)
            y = DequantizeLinear(c, p, zp)
            """,
            becomes: """
                (x: f32[4]) -> (y: f32[4])
                const p: f32[] = [0.5]
                const zp: u8[] = [128]
                a = QuantizeLinear(x, p, zp)
                y = DequantizeLinear(a, p, zp)
                """)
    }
}
