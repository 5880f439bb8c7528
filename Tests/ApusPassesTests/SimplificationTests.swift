// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusPasses
import Testing

@Suite struct SimplificationTests {
    private static let relu = """
        (x: f32[4]) -> (y: f32[4])
        y = Relu(x)
        """

    @Test("Identity disappears and the output keeps its name, unless both names are fixed")
    func identity() throws {
        try Harness.expect(
            IdentityRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            a = Relu(x)
            y = Identity(a)
            """, becomes: Self.relu)
        try Harness.expect(
            IdentityRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            y = Identity(x)
            """, isRefused: "both names are fixed")
    }

    @Test("Dropout outside training disappears")
    func dropout() throws {
        try Harness.expect(
            DropoutRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            const off: bool[] = [false]
            a, m = Dropout(x, _, off)
            y = Relu(a)
            """, becomes: Self.relu, compares: false)
        try Harness.expect(
            DropoutRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            const on: bool[] = [true]
            a = Dropout(x, _, on)
            y = Relu(a)
            """, isRefused: "the node may be training")
        try Harness.expect(
            DropoutRemoval(),
            """
            (x: f32[4]) -> (y: f32[4], m: bool[4])
            a, m = Dropout(x)
            y = Relu(a)
            """, isRefused: "the mask is read")
    }

    @Test("A cast to the same type disappears")
    func cast() throws {
        try Harness.expect(
            CastRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            a = Cast(x) {to = 1}
            y = Relu(a)
            """, becomes: Self.relu)
        try Harness.expect(
            CastRemoval(),
            """
            (x: f32[4]) -> (y: f64[4])
            y = Cast(x) {to = 11}
            """, isRefused: "the element type changes")
    }

    @Test("A reshape to the same sizes disappears, also where a size is a name")
    func sameShape() throws {
        try Harness.expect(
            SameShapeRemoval(),
            """
            (x: f32[N, 6]) -> (y: f32[N, 6])
            const s: i64[2] = [0, 6]
            a = Reshape(x, s)
            y = Relu(a)
            """,
            becomes: """
                (x: f32[N, 6]) -> (y: f32[N, 6])
                y = Relu(x)
                """)
        try Harness.expect(
            SameShapeRemoval(),
            """
            (x: f32[6]) -> (y: f32[2, 3])
            const s: i64[2] = [2, 3]
            y = Reshape(x, s)
            """, isRefused: "a size may change")
    }

    @Test("Pad, Slice, Concat, Split and Clip that do nothing disappear")
    func nothingToDo() throws {
        let rules: [any Rule] = [PadRemoval(), SliceRemoval(), SingleInputRemoval(), SplitRemoval(), ClipRemoval()]
        try Harness.expect(
            [PassRunner(RuleSweep("Test", rules)), PassRunner(DeadCode())],
            """
            (x: f32[4]) -> (y: f32[4])
            const pads: i64[2] = [0, 0]
            const start: i64[1] = [0]
            const end: i64[1] = [9]
            const whole: i64[1] = [4]
            a = Pad(x, pads)
            b = Slice(a, start, end)
            c = Concat(b) {axis = 0}
            d = Clip(c)
            e = Split(d, whole)
            y = Relu(e)
            """, becomes: Self.relu)
    }

    @Test("Pad, Slice and Clip stay where they do something")
    func somethingToDo() throws {
        try Harness.expect(
            PadRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            const pads: i64[2] = [1, -1]
            y = Pad(x, pads)
            """, isRefused: "something is added or cut off")
        try Harness.expect(
            SliceRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            const start: i64[1] = [-1]
            const end: i64[1] = [-9]
            const axis: i64[1] = [0]
            const step: i64[1] = [-1]
            y = Slice(x, start, end, axis, step)
            """, isRefused: "a step is not 1")
        try Harness.expect(
            ClipRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            y = Clip@6(x) {min = 0.0}
            """, isRefused: "there are bounds")
    }

    @Test("Adding 0 and multiplying by 1 disappear unless the constant widens the shape")
    func neutral() throws {
        try Harness.expect(
            [PassRunner(RuleSweep("Test", [NeutralArithmetic()])), PassRunner(DeadCode())],
            """
            (x: f32[4]) -> (y: f32[4])
            const zero: f32[] = [0.0]
            const one: f32[1] = [1.0]
            a = Add(zero, x)
            b = Div(a, one)
            y = Relu(b)
            """, becomes: Self.relu)
        try Harness.expect(
            NeutralArithmetic(),
            """
            (x: f32[2]) -> (y: f32[3, 2])
            const zero: f32[3, 1] = [0.0, 0.0, 0.0]
            y = Add(x, zero)
            """, isRefused: "the constant may widen the shape")
    }

    @Test("Relu of Relu is Relu")
    func repeated() throws {
        try Harness.expect(
            RepeatedRemoval(),
            """
            (x: f32[4]) -> (y: f32[4])
            a = Relu(x)
            y = Relu(a)
            """, becomes: Self.relu)
    }

    @Test("A square is a product")
    func square() throws {
        try Harness.expect(
            SquareAsProduct(),
            """
            (x: f32[4]) -> (y: f32[4])
            const two: f32[] = [2.0]
            y = Pow(x, two)
            """,
            becomes: """
                (x: f32[4]) -> (y: f32[4])
                y = Mul(x, x)
                """)
        try Harness.expect(
            SquareAsProduct(),
            """
            (x: f32[2]) -> (y: f32[3, 2])
            const two: f32[3, 1] = [2.0, 2.0, 2.0]
            y = Pow(x, two)
            """, isRefused: "the exponent may widen the shape")
    }

    @Test("If with a constant condition becomes the branch taken")
    func constantIf() throws {
        try Harness.expect(
            ConstantIf(),
            """
            (x: f32[2]) -> (y: f32[2])
            const c: bool[] = [true]
            a = If(c) {else_branch = graph() -> (r: f32[2]) {
              r = Abs(x)
            }, then_branch = graph() -> (r: f32[2]) {
              const k: f32[] = [2.0]
              q = Mul(x, k)
              r = Neg(q)
            }}
            y = Relu(a)
            """,
            becomes: """
                (x: f32[2]) -> (y: f32[2])
                const k_1: f32[] = [2.0]
                q_1 = Mul(x, k_1)
                r_1 = Neg(q_1)
                y = Relu(r_1)
                """, compares: false)
    }
}
