// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusPasses
import Testing

@Suite struct FusionRuleTests {
    private static let normalization = """
        const two: f32[] = [2.0]
        const e: f32[] = [1e-05]
        m = ReduceMean(x) {axes = [-1]}
        d = Sub(x, m)
        p = Pow(d, two)
        v = ReduceMean(p) {axes = [-1]}
        s = Add(v, e)
        r = Sqrt(s)
        n = Div(d, r)
        """

    @Test("Layer normalization is recognised with gamma and beta, with gamma, and alone")
    func layerNormalization() throws {
        try Harness.expect(
            LayerNormalizationFusion(),
            """
            (x: f32[2, 3], g: f32[3], b: f32[3]) -> (y: f32[2, 3])
            \(Self.normalization)
            w = Mul(g, n)
            y = Add(w, b)
            """,
            becomes: """
                (x: f32[2, 3], g: f32[3], b: f32[3]) -> (y: f32[2, 3])
                y = LayerNormalization(x, g, b) {axis = -1, epsilon = 1e-05}
                """)
        try Harness.expect(
            LayerNormalizationFusion(),
            """
            (x: f32[2, 3], g: f32[2, 3]) -> (y: f32[2, 3])
            \(Self.normalization)
            y = Mul(g, n)
            """,
            becomes: """
                (x: f32[2, 3], g: f32[2, 3]) -> (y: f32[2, 3])
                const ones: f32[3] = [1.0, 1.0, 1.0]
                n = LayerNormalization(x, ones) {axis = -1, epsilon = 1e-05}
                y = Mul(g, n)
                """)
    }

    @Test("Layer normalization stays spelled out over other axes and in an older operator set")
    func layerNormalizationRefusals() throws {
        try Harness.expect(
            LayerNormalizationFusion(),
            """
            (x: f32[2, 3]) -> (y: f32[2, 3])
            const two: f32[] = [2.0]
            const e: f32[] = [1e-05]
            m = ReduceMean(x) {axes = [0]}
            d = Sub(x, m)
            p = Mul(d, d)
            v = ReduceMean(p) {axes = [0]}
            s = Add(v, e)
            r = Sqrt(s)
            y = Div(d, r)
            """, isRefused: "the means are not over the last axis")
        try Harness.expect(
            LayerNormalizationFusion(),
            """
            (x: f32[2, 3]) -> (n: f32[2, 3])
            \(Self.normalization)
            """, isRefused: "operator set 15 is older than 17", opset: 15)
    }

    @Test(
        "Gelu by the error function is recognised in every order",
        arguments: [
            "p = Mul(x, b)\ny = Mul(p, half)", "p = Mul(b, half)\ny = Mul(x, p)", "p = Mul(x, half)\ny = Mul(p, b)",
        ])
    func gelu(product: String) throws {
        try Harness.expect(
            GeluFusion(), newest: true,
            """
            (x: f32[8]) -> (y: f32[8])
            const root: f32[] = [1.4142135]
            const one: f32[] = [1.0]
            const half: f32[] = [0.5]
            q = Div(x, root)
            e = Erf(q)
            b = Add(e, one)
            \(product)
            """,
            becomes: """
                (x: f32[8]) -> (y: f32[8])
                y = Gelu@20(x)
                """)
    }

    @Test("Gelu stays spelled out in an older operator set")
    func olderGelu() throws {
        try Harness.expect(
            GeluFusion(),
            """
            (x: f32[8]) -> (y: f32[8])
            const root: f32[] = [1.4142135]
            const one: f32[] = [1.0]
            const half: f32[] = [0.5]
            q = Div(x, root)
            e = Erf(q)
            b = Add(e, one)
            p = Mul(x, b)
            y = Mul(p, half)
            """, isRefused: "operator set 17 is older than 20")
    }

    @Test("Gelu by the hyperbolic tangent is recognised")
    func tanhGelu() throws {
        try Harness.expect(
            TanhGeluFusion(), newest: true,
            """
            (x: f32[8]) -> (y: f32[8])
            const three: f32[] = [3.0]
            const c: f32[] = [0.044715]
            const k: f32[] = [0.7978846]
            const one: f32[] = [1.0]
            const half: f32[] = [0.5]
            p = Pow(x, three)
            q = Mul(p, c)
            r = Add(x, q)
            s = Mul(r, k)
            t = Tanh(s)
            u = Add(t, one)
            v = Mul(x, u)
            y = Mul(v, half)
            """,
            becomes: """
                (x: f32[8]) -> (y: f32[8])
                y = Gelu@20(x) {approximate = "tanh"}
                """)
    }

    @Test("Swish, HardSwish, HardSigmoid and Mish are recognised")
    func activations() throws {
        try Harness.expect(
            SwishFusion(), newest: true,
            """
            (x: f32[8]) -> (y: f32[8])
            s = Sigmoid(x)
            y = Mul(s, x)
            """,
            becomes: """
                (x: f32[8]) -> (y: f32[8])
                y = Swish@24(x) {alpha = 1.0}
                """)
        try Harness.expect(
            MishFusion(), newest: true,
            """
            (x: f32[8]) -> (y: f32[8])
            s = Softplus(x)
            t = Tanh(s)
            y = Mul(t, x)
            """,
            becomes: """
                (x: f32[8]) -> (y: f32[8])
                y = Mish@18(x)
                """)
        let ramp = """
            const zero: f32[] = [0.0]
            const three: f32[] = [3.0]
            const six: f32[] = [6.0]
            a = Add(x, three)
            c = Clip(a, zero, six)
            """
        try Harness.expect(
            HardSwishFusion(),
            """
            (x: f32[8]) -> (y: f32[8])
            \(ramp)
            m = Mul(x, c)
            y = Div(m, six)
            """,
            becomes: """
                (x: f32[8]) -> (y: f32[8])
                y = HardSwish(x)
                """)
        try Harness.expect(
            HardSigmoidFusion(),
            """
            (x: f32[8]) -> (y: f32[8])
            \(ramp)
            y = Div(c, six)
            """,
            becomes: """
                (x: f32[8]) -> (y: f32[8])
                y = HardSigmoid(x) {alpha = 0.16666667, beta = 0.5}
                """)
        try Harness.expect(
            HardSwishFusion(),
            """
            (x: f32[8]) -> (y: f32[8])
            s = HardSigmoid(x)
            y = Mul(x, s)
            """, isRefused: "the slope is not a sixth")
    }

    @Test("Attention is recognised with a scale and a mask")
    func attention() throws {
        try Harness.expect(
            AttentionFusion(), newest: true,
            """
            (q: f32[1, 2, 3, 4], k: f32[1, 5, 2, 4], v: f32[1, 2, 5, 4], m: f32[1, 1, 3, 5]) -> (y: f32[1, 2, 3, 4])
            const c: f32[] = [2.0]
            t = Transpose(k) {perm = [0, 2, 3, 1]}
            s = MatMul(q, t)
            u = Div(s, c)
            w = Add(u, m)
            p = Softmax(w)
            y = MatMul(p, v)
            """,
            becomes: """
                (q: f32[1, 2, 3, 4], k: f32[1, 5, 2, 4], v: f32[1, 2, 5, 4], m: f32[1, 1, 3, 5]) -> (y: f32[1, 2, 3, 4])
                t_keys = Transpose(k) {perm = [0, 2, 1, 3]}
                y = Attention@24(q, t_keys, v, m) {scale = 0.5}
                """)
        try Harness.expect(
            AttentionFusion(), newest: true,
            """
            (q: f32[1, 2, 3, 4], t: f32[1, 1, 4, 5], v: f32[1, 2, 5, 4]) -> (y: f32[1, 2, 3, 4])
            s = MatMul(q, t)
            p = Softmax(s)
            y = MatMul(p, v)
            """, isRefused: "batches, heads or lengths may differ")
    }
}
