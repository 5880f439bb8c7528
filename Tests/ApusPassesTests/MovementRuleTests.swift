// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusPasses
import Testing

@Suite struct MovementRuleTests {
    @Test("A transpose that moves nothing, or only sizes of 1, is no transpose")
    func removal() throws {
        try Harness.expect(
            TransposeRemoval(),
            """
            (x: f32[2, 3]) -> (y: f32[2, 3])
            a = Transpose(x) {perm = [0, 1]}
            y = Relu(a)
            """,
            becomes: """
                (x: f32[2, 3]) -> (y: f32[2, 3])
                y = Relu(x)
                """)
        try Harness.expect(
            TransposeRemoval(),
            """
            (x: f32[N, 1, 3]) -> (y: f32[N, 3, 1])
            y = Transpose(x) {perm = [0, 2, 1]}
            """,
            becomes: """
                (x: f32[N, 1, 3]) -> (y: f32[N, 3, 1])
                const y_shape: i64[3] = [0, 3, 1]
                y = Reshape(x, y_shape)
                """)
        try Harness.expect(
            TransposeRemoval(),
            """
            (x: f32[2, 3]) -> (y: f32[3, 2])
            y = Transpose(x)
            """, isRefused: "elements move")
    }

    @Test("Two transposes become one")
    func merging() throws {
        try Harness.expect(
            TransposeMerging(),
            """
            (x: f32[2, 3, 4]) -> (y: f32[4, 3, 2])
            a = Transpose(x) {perm = [1, 2, 0]}
            y = Transpose(a) {perm = [1, 0, 2]}
            """,
            becomes: """
                (x: f32[2, 3, 4]) -> (y: f32[4, 3, 2])
                y = Transpose(x) {perm = [2, 1, 0]}
                """)
    }

    @Test("Transposes around an elementwise operator meet")
    func through() throws {
        try Harness.expect(
            [PassRunner(RuleSweep("Test", [TransposeThroughUnary()])), PassRunner(DeadCode())],
            """
            (x: f32[2, 3]) -> (y: f32[2, 3])
            a = Transpose(x)
            b = Sigmoid(a)
            y = Transpose(b)
            """,
            becomes: """
                (x: f32[2, 3]) -> (y: f32[2, 3])
                x_transposed = Transpose(x) {perm = [0, 1]}
                y = Sigmoid(x_transposed)
                """)
        try Harness.expect(
            TransposeThroughUnary(),
            """
            (x: f32[2, 3]) -> (y: f32[2, 3], b: f32[3, 2])
            a = Transpose(x)
            b = Sigmoid(a)
            y = Transpose(b)
            """, isRefused: nil)
    }

    @Test("Transposes around a sum meet, and go into its constant")
    func throughBinary() throws {
        try Harness.expect(
            TransposeThroughBinary(),
            """
            (x: f32[2, 3]) -> (y: f32[2, 3])
            const c: f32[1, 2] = [1.0, 2.0]
            a = Transpose(x)
            b = Sub(c, a)
            y = Transpose(b)
            """,
            becomes: """
                (x: f32[2, 3]) -> (y: f32[2, 3])
                const c: f32[1, 2] = [1.0, 2.0]
                x_transposed = Transpose(x) {perm = [0, 1]}
                c_transposed = Transpose(c) {perm = [1, 0]}
                y = Sub(c_transposed, x_transposed)
                """)
        try Harness.expect(
            TransposeThroughBinary(),
            """
            (x: f32[2, 3]) -> (y: f32[2, 3])
            const c: f32[2] = [1.0, 2.0]
            a = Transpose(x)
            b = Add(a, c)
            y = Transpose(b)
            """, isRefused: "the other operand has another rank")
    }

    @Test("Gemm takes over the transpose of a factor")
    func gemm() throws {
        try Harness.expect(
            TransposeIntoGemm(),
            """
            (x: f32[4, 2], w: f32[3, 2]) -> (y: f32[4, 3])
            a = Transpose(w)
            y = Gemm(x, a)
            """,
            becomes: """
                (x: f32[4, 2], w: f32[3, 2]) -> (y: f32[4, 3])
                y = Gemm(x, w) {transB = 1}
                """)
    }

    @Test("A computed shape becomes constant where one size at most is not known")
    func constantReshape() throws {
        try Harness.expect(
            ConstantReshape(),
            """
            (x: f32[N, 6]) -> (y: f32[2*N, 3])
            const three: i64[1] = [3]
            const rest: i64[1] = [-1]
            s = Concat(rest, three) {axis = 0}
            y = Reshape(x, s)
            """,
            becomes: """
                (x: f32[N, 6]) -> (y: f32[2*N, 3])
                const y_shape: i64[2] = [-1, 3]
                y = Reshape(x, y_shape)
                """)
        try Harness.expect(
            ConstantReshape(),
            """
            (x: f32[N, 6], s: i64[2]) -> (y: f32[?, ?])
            y = Reshape(x, s)
            """, isRefused: "more than one size is not known")
    }

    @Test("Reshapes in a row become one")
    func reshapes() throws {
        try Harness.expect(
            ReshapeMerging(),
            """
            (x: f32[N, 2, 3]) -> (y: f32[N, 6])
            const axes: i64[1] = [1]
            a = Unsqueeze(x, axes)
            y = Flatten(a)
            """,
            becomes: """
                (x: f32[N, 2, 3]) -> (y: f32[N, 6])
                const y_shape: i64[2] = [0, 6]
                y = Reshape(x, y_shape)
                """)
    }
}
