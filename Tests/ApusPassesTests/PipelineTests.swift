// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusPasses
import Testing

@Suite struct PipelineTests {
    private static let samples = [
        """
        (x: f32[N, 3, 8]) -> (y: f32[N, 2, 8], z: f32[...])
        const w: f32[2, 3, 1] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        const s: f32[2] = [1.0, 2.0]
        const i: i64[1] = [0]
        const j: i64[1] = [-1]
        a = Conv(x, w)
        b = BatchNormalization(a, s, s, s, s)
        c = Identity(b)
        y = Relu(c)
        d = Shape(x)
        e = Gather(d, i)
        f = Concat(e, j) {axis = 0}
        g = Reshape(x, f)
        z = Identity(g)
        unused = Abs(x)
        """,
        """
        (c: bool[], x: f32[2, 3]) -> (y: f32[2, 3])
        const k: f32[] = [1.0]
        const t: bool[] = [true]
        y = If(c) {else_branch = graph() -> (r: f32[2, 3]) {
          q = Mul(x, k)
          r = Identity(q)
        }, then_branch = graph() -> (r: f32[2, 3]) {
          a = Transpose(x)
          b = Transpose(a)
          r = If(t) {else_branch = graph() -> (v: f32[2, 3]) {
            v = Neg(b)
          }, then_branch = graph() -> (v: f32[2, 3]) {
            v = Abs(b)
          }}
        }}
        """,
        """
        (x: f32[2, 3]) -> (y: f32[2, 3])
        a = Exp(x)
        b = Exp(x)
        c = Add(a, b)
        d = Add(b, a)
        e = Mul(c, d)
        y = Identity(e)
        """,
    ]

    @Test("A simplified graph means the same, keeps its laws and stays as it is", arguments: samples.indices)
    func idempotent(sample: Int) throws {
        for (pipeline, isNewest) in [(Pipeline.portable, false), (Pipeline.fusingAttention, true)] {
            let original = try Harness.graph(Self.samples[sample])
            let context = PassContext(catalogue: Harness.catalogue, allowsNewestOpset: isNewest)
            var once = original
            try pipeline.run(on: &once, context)
            try Verifier().verify(once)
            if sample != 1 { try Harness.expectSameValues(original, once, tolerance: 1e-4) }
            var twice = once
            try pipeline.run(on: &twice, context)
            #expect(Harness.printer.text(of: once) == Harness.printer.text(of: twice))
            #expect(once.nodes.count < original.nodes.count || sample == 1)
        }
    }

    @Test("Common subexpressions are computed once, in either order")
    func commonSubexpressions() throws {
        try Harness.expect(
            [PassRunner(CommonSubexpressions()), PassRunner(DeadCode())], Self.samples[2],
            becomes: """
                (x: f32[2, 3]) -> (y: f32[2, 3])
                a = Exp(x)
                c = Add(a, a)
                e = Mul(c, c)
                y = Identity(e)
                """)
    }

    @Test("Random values are neither folded nor shared")
    func random() throws {
        let text = """
            () -> (y: f32[2], z: f32[2])
            y = RandomNormal() {shape = [2]}
            z = RandomNormal() {shape = [2]}
            """
        guard Harness.catalogue.find("RandomNormal", domain: "") != nil else { return }
        var graph = try Harness.graph(text)
        let before = Harness.printer.text(of: graph)
        try Pipeline.portable.run(on: &graph, PassContext(catalogue: Harness.catalogue))
        #expect(Harness.printer.text(of: graph) == before)
    }

    @Test("What depends on constants only is folded, large results excepted")
    func folding() throws {
        try Harness.expect(
            [ConstantFolding(), PassRunner(DeadCode())],
            """
            (x: f32[2]) -> (y: f32[2])
            const a: f32[2] = [1.0, 2.0]
            b = Mul(a, a)
            y = Add(x, b)
            """,
            becomes: """
                (x: f32[2]) -> (y: f32[2])
                const b: f32[2] = [1.0, 4.0]
                y = Add(x, b)
                """)
        var graph = try Harness.graph(
            """
            (x: f32[1]) -> (y: f32[1000, 1000])
            const s: i64[2] = [1000, 1000]
            a = ConstantOfShape(s)
            y = Add(x, a)
            """)
        try Pipeline.portable.run(on: &graph, PassContext(catalogue: Harness.catalogue))
        #expect(graph.nodes.count == 2)
    }

    @Test("A dead optional output is not asked for")
    func deadOutputs() throws {
        try Harness.expect(
            [PassRunner(DeadCode())],
            """
            (x: f32[1, 1, 4]) -> (y: f32[1, 1, 3])
            y, i = MaxPool(x) {kernel_shape = [2]}
            """,
            becomes: """
                (x: f32[1, 1, 4]) -> (y: f32[1, 1, 3])
                y = MaxPool(x) {kernel_shape = [2]}
                """)
    }
}
