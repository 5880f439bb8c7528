// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusPasses
import Testing

@Suite struct WeightRuleTests {
    private static let statistics = """
        const s: f32[2] = [1.0, 2.0]
        const t: f32[2] = [0.5, -0.5]
        const m: f32[2] = [0.25, 0.0]
        const v: f32[2] = [3.99999, 0.99999]
        """

    @Test("BatchNormalization goes into the weights of Conv")
    func conv() throws {
        try Harness.expect(
            BatchNormalizationIntoConv(),
            """
            (x: f32[1, 1, 3]) -> (y: f32[1, 2, 3])
            const w: f32[2, 1, 1] = [2.0, 3.0]
            \(Self.statistics)
            a = Conv(x, w)
            y = BatchNormalization(a, s, t, m, v)
            """,
            becomes: """
                (x: f32[1, 1, 3]) -> (y: f32[1, 2, 3])
                const w_1: f32[2, 1, 1] = [1.0, 6.0]
                const w_bias: f32[2] = [0.375, -0.5]
                y = Conv(x, w_1, w_bias)
                """)
    }

    @Test("BatchNormalization goes into the weights of a grouped ConvTranspose")
    func convTranspose() throws {
        try Harness.expect(
            BatchNormalizationIntoConv(),
            """
            (x: f32[1, 2, 3]) -> (y: f32[1, 2, 3])
            const w: f32[2, 1, 1] = [2.0, 3.0]
            const b: f32[2] = [1.0, 1.0]
            \(Self.statistics)
            a = ConvTranspose(x, w, b) {group = 2}
            y = BatchNormalization(a, s, t, m, v)
            """,
            becomes: """
                (x: f32[1, 2, 3]) -> (y: f32[1, 2, 3])
                const b_1: f32[2] = [0.875, 1.5]
                const w_1: f32[2, 1, 1] = [1.0, 6.0]
                y = ConvTranspose(x, w_1, b_1) {group = 2}
                """)
    }

    @Test("BatchNormalization stays where statistics are computed, in training, or where the result of Conv is read")
    func refusals() throws {
        try Harness.expect(
            BatchNormalizationIntoConv(),
            """
            (x: f32[1, 1, 3], v: f32[1]) -> (y: f32[1, 1, 3])
            const w: f32[1, 1, 1] = [2.0]
            const s: f32[1] = [2.0]
            a = Conv(x, w)
            y = BatchNormalization(a, s, s, s, v)
            """, isRefused: "the statistics are not constant")
        try Harness.expect(
            BatchNormalizationIntoConv(),
            """
            (x: f32[1, 1, 3]) -> (y: f32[1, 1, 3])
            const w: f32[1, 1, 1] = [2.0]
            const s: f32[1] = [2.0]
            a = Conv(x, w)
            y, _, _ = BatchNormalization(a, s, s, s, s) {training_mode = 1}
            """, isRefused: "the node is training")
        try Harness.expect(
            BatchNormalizationIntoConv(),
            """
            (x: f32[1, 1, 3], w: f32[1, 1, 1]) -> (y: f32[1, 1, 3])
            const s: f32[1] = [2.0]
            a = Conv(x, w)
            y = BatchNormalization(a, s, s, s, s)
            """, isRefused: "the weights are not constant")
        try Harness.expect(
            BatchNormalizationIntoConv(),
            """
            (x: f32[1, 1, 3]) -> (y: f32[1, 1, 3], a: f32[1, 1, 3])
            const w: f32[1, 1, 1] = [2.0]
            const s: f32[1] = [2.0]
            a = Conv(x, w)
            y = BatchNormalization(a, s, s, s, s)
            """, isRefused: nil)
    }

    @Test("BatchNormalization goes into the weights of Gemm")
    func gemm() throws {
        try Harness.expect(
            BatchNormalizationIntoGemm(),
            """
            (x: f32[3, 2]) -> (y: f32[3, 2])
            const w: f32[2, 2] = [1.0, 2.0, 3.0, 4.0]
            \(Self.statistics)
            a = Gemm(x, w) {transB = 1}
            y = BatchNormalization(a, s, t, m, v)
            """,
            becomes: """
                (x: f32[3, 2]) -> (y: f32[3, 2])
                const w_1: f32[2, 2] = [0.5, 1.0, 6.0, 8.0]
                const w_bias: f32[2] = [0.375, -0.5]
                y = Gemm(x, w_1, w_bias) {transB = 1}
                """)
        try Harness.expect(
            BatchNormalizationIntoGemm(),
            """
            (x: f32[3, 2]) -> (y: f32[3, 2])
            const w: f32[2, 2] = [1.0, 2.0, 3.0, 4.0]
            \(Self.statistics)
            a = Gemm(x, w) {alpha = 2.0}
            y = BatchNormalization(a, s, t, m, v)
            """, isRefused: "alpha or beta is not 1")
    }

    @Test("Sums and products with one number per channel go into Conv")
    func affine() throws {
        try Harness.expect(
            AffineIntoConv(),
            """
            (x: f32[1, 1, 3]) -> (y: f32[1, 2, 3])
            const w: f32[2, 1, 1] = [2.0, 3.0]
            const c: f32[2, 1] = [10.0, 20.0]
            a = Conv(x, w)
            y = Add(a, c)
            """,
            becomes: """
                (x: f32[1, 1, 3]) -> (y: f32[1, 2, 3])
                const w: f32[2, 1, 1] = [2.0, 3.0]
                const w_bias: f32[2] = [10.0, 20.0]
                y = Conv(x, w, w_bias)
                """)
        try Harness.expect(
            AffineIntoConv(),
            """
            (x: f32[1, 1, 3]) -> (y: f32[1, 2, 3])
            const w: f32[2, 1, 1] = [2.0, 3.0]
            const b: f32[2] = [1.0, 1.0]
            const c: f32[1, 2, 1] = [10.0, 20.0]
            a = Conv(x, w, b)
            y = Mul(c, a)
            """,
            becomes: """
                (x: f32[1, 1, 3]) -> (y: f32[1, 2, 3])
                const b_1: f32[2] = [10.0, 20.0]
                const w_1: f32[2, 1, 1] = [20.0, 60.0]
                y = Conv(x, w_1, b_1)
                """)
        try Harness.expect(
            AffineIntoConv(),
            """
            (x: f32[1, 1, 2]) -> (y: f32[1, 2, 2])
            const w: f32[2, 1, 1] = [2.0, 3.0]
            const c: f32[2] = [10.0, 20.0]
            a = Conv(x, w)
            y = Add(a, c)
            """, isRefused: "the constant varies along another axis")
    }

    @Test("MatMul and Add of matrices become Gemm")
    func matMulAdd() throws {
        try Harness.expect(
            MatMulAddToGemm(),
            """
            (x: f32[N, 2]) -> (y: f32[N, 3])
            const w: f32[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            const b: f32[3] = [1.0, 2.0, 3.0]
            a = MatMul(x, w)
            y = Add(b, a)
            """,
            becomes: """
                (x: f32[N, 2]) -> (y: f32[N, 3])
                const b: f32[3] = [1.0, 2.0, 3.0]
                const w: f32[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
                y = Gemm(x, w, b)
                """)
        try Harness.expect(
            MatMulAddToGemm(),
            """
            (x: f32[5, N, 2], b: f32[3]) -> (y: f32[5, N, 3])
            const w: f32[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            a = MatMul(x, w)
            y = Add(a, b)
            """, isRefused: "the factors are not matrices")
        try Harness.expect(
            MatMulAddToGemm(),
            """
            (x: f32[1, 2], b: f32[4, 3]) -> (y: f32[4, 3])
            const w: f32[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            a = MatMul(x, w)
            y = Add(a, b)
            """, isRefused: "the summand may widen the shape")
    }

    @Test("Gemm and Add become Gemm")
    func gemmAdd() throws {
        try Harness.expect(
            GemmAdd(),
            """
            (x: f32[4, 2], b: f32[1, 3]) -> (y: f32[4, 3])
            const w: f32[3, 2] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            a = Gemm(x, w) {transB = 1}
            y = Add(a, b)
            """,
            becomes: """
                (x: f32[4, 2], b: f32[1, 3]) -> (y: f32[4, 3])
                const w: f32[3, 2] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
                y = Gemm(x, w, b) {transB = 1}
                """)
    }

    @Test("A constant factor goes into the weights of MatMul")
    func scale() throws {
        try Harness.expect(
            ScaleIntoMatMul(),
            """
            (x: f32[4, 2]) -> (y: f32[4, 1])
            const w: f32[2, 1] = [1.0, 2.0]
            const c: f32[] = [4.0]
            a = MatMul(x, w)
            y = Div(a, c)
            """,
            becomes: """
                (x: f32[4, 2]) -> (y: f32[4, 1])
                const w_1: f32[2, 1] = [0.25, 0.5]
                y = MatMul(x, w_1)
                """)
    }

    @Test("Cast and Mul of 8-bit weights are DequantizeLinear")
    func weightOnly() throws {
        try Harness.expect(
            WeightOnlyDequantization(),
            """
            (x: f32[4, 2]) -> (y: f32[4, 3])
            const w: i8[2, 3] = [1, 2, 3, 4, 5, 6]
            const s: f32[1, 3] = [0.5, 1.0, 2.0]
            a = Cast(w) {to = 1}
            b = Mul(a, s)
            y = MatMul(x, b)
            """,
            becomes: """
                (x: f32[4, 2]) -> (y: f32[4, 3])
                const s_1: f32[3] = [0.5, 1.0, 2.0]
                const w: i8[2, 3] = [1, 2, 3, 4, 5, 6]
                b = DequantizeLinear(w, s_1) {axis = 1}
                y = MatMul(x, b)
                """)
        try Harness.expect(
            WeightOnlyDequantization(),
            """
            (x: f32[4, 2]) -> (y: f32[4, 3])
            const w: i8[2, 3] = [1, 2, 3, 4, 5, 6]
            const s: f32[2, 3] = splat 0.5
            a = Cast(w) {to = 1}
            b = Mul(a, s)
            y = MatMul(x, b)
            """, isRefused: "the scale varies along several axes")
        for (type, read) in [("u8", "Cast(z) {to = 1}"), ("f32", "")] {
            try Harness.expect(
                WeightOnlyDequantization(),
                """
                (x: f32[4, 2]) -> (y: f32[4, 3])
                const w: u8[2, 3] = [1, 2, 3, 4, 5, 6]
                const z: \(type)[1] = [3]
                const s: f32[3] = [0.5, 1.0, 2.0]
                a = Cast(w) {to = 1}
                \(read.isEmpty ? "" : "b = \(read)")
                c = Sub(a, \(read.isEmpty ? "z" : "b"))
                d = Mul(s, c)
                y = MatMul(x, d)
                """,
                becomes: """
                    (x: f32[4, 2]) -> (y: f32[4, 3])
                    const s_1: f32[3] = [0.5, 1.0, 2.0]
                    const w: u8[2, 3] = [1, 2, 3, 4, 5, 6]
                    const z_1: u8[3] = [3, 3, 3]
                    d = DequantizeLinear(w, s_1, z_1) {axis = 1}
                    y = MatMul(x, d)
                    """)
        }
    }
}
