// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct InferenceTests {
    private func facts(_ text: String, _ options: InferenceOptions = InferenceOptions()) throws -> GraphFacts {
        try GraphParser.parse("graph\(text)", catalogue: Catalogue(standardOperators)).inferred(options)
    }

    @Test("Named sizes flow through and can be bound")
    func symbols() throws {
        let text = "(x: f32[N, 3]) -> (y: f32[?, ?]) { opset ai.onnx 17 y = Concat(x, x) {axis = 0} }"
        #expect(try facts(text).type(of: "y") == .tensor(.float32, [Dimension(symbol: "N") * 2, 3]))
        var options = InferenceOptions()
        options.bind(["x": [5, 3]], in: try GraphParser.parse("graph\(text)"))
        #expect(try facts(text, options).type(of: "y") == .tensor(.float32, [10, 3]))
    }

    @Test("Shape arithmetic over known sizes becomes constant")
    func shapeArithmetic() throws {
        let found = try facts(
            """
            (x: f32[N, 3, 4]) -> (y: f32[...]) {
              opset ai.onnx 17
              const i: i64[1] = [1]
              const j: i64[1] = [-1]
              s = Shape(x)
              d = Gather(s, i)
              t = Concat(j, d) {axis = 0}
              y = Reshape(x, t)
            }
            """)
        #expect(try found.values["d"]?.constant?.integers() == [3])
        #expect(found.type(of: "y").dimensions?.count == 2)
        #expect(found.type(of: "y").dimensions?.last == 3)
    }

    @Test("What is inferred wins over a wrong declaration")
    func wrongDeclaration() throws {
        let found = try facts("(x: f32[4, 3]) -> (y: f32[1]) { opset ai.onnx 17 y: f32[7] = Relu(x) }")
        #expect(found.type(of: "y") == .tensor(.float32, [4, 3]))
    }

    @Test("Both branches of an If count, and sizes from inside a branch do not leave it")
    func branches() throws {
        let found = try facts(
            """
            (c: bool[], x: f32[2, N]) -> (y: f32[...]) {
              opset ai.onnx 17
              const k: f32[3, 1] = [1.0, 2.0, 3.0]
              y = If(c) {then_branch = graph() -> (q: f32[...]) {
                q = Relu@17(x)
              }, else_branch = graph() -> (r: f32[...]) {
                r = Concat@17(x, x) {axis = 0}
              }}
            }
            """)
        let sizes = try #require(found.type(of: "y").dimensions)
        #expect(sizes.count == 2)
        #expect(sizes[0].value == nil)
        #expect(sizes[1] == Dimension(symbol: "N"))
    }

    @Test("A value carried around a loop is known as far as it does not change")
    func loops() throws {
        let found = try facts(
            """
            (n: i64[], x: f32[2, N]) -> (y: f32[...], z: f32[...]) {
              opset ai.onnx 17
              y, z = Loop(n, _, x) {
                body = graph(i: i64[], go: bool[], v: f32[...]) -> (more: bool[], w: f32[...], e: f32[...]) {
                more = Identity@17(go)
                w = Concat@17(v, x) {axis = 0}
                e = Relu@17(x)
              }}
            }
            """)
        let carried = try #require(found.type(of: "y").dimensions)
        #expect(carried.count == 2)
        #expect(carried[0].value == nil)
        #expect(carried[1] == Dimension(symbol: "N"))
        let scanned = try #require(found.type(of: "z").dimensions)
        #expect(scanned.count == 3)
        #expect(scanned[1] == 2)
    }

    @Test("A loop that begins with an optional and goes on with a sequence makes a sequence")
    func loopsOverOptionals() throws {
        let found = try facts(
            """
            (n: i64[], x: optional(seq(f32[])), s: seq(f32[])) -> (y: seq(f32[])) {
              opset ai.onnx 17
              y = Loop(n, _, x) {
                body = graph(i: i64[], go: bool[], v: optional(seq(f32[]))) -> (more: bool[], w: seq(f32[])) {
                more = Identity@17(go)
                w = Identity@17(s)
              }}
            }
            """)
        #expect(found.type(of: "y") == .sequence(.tensor(.float32, [])))
    }

    @Test("An empty sequence keeps the type of its items")
    func emptySequences() throws {
        let found = try facts(
            "(x: f32[2]) -> (n: i64[]) { opset ai.onnx 17 s = SequenceEmpty() n = SequenceLength(s) }")
        #expect(found.type(of: "s") == .sequence(.tensor(.float32, nil)))
    }

    @Test("An operator that refuses its inputs is reported and stops nothing")
    func problems() throws {
        let found = try facts(
            "(x: f32[2], z: f32[3]) -> (y: f32[2]) { opset ai.onnx 17 a = Add(x, z) y = Relu(x) }")
        #expect(found.problems.map(\.node) == [0])
        #expect(found.type(of: "y") == .tensor(.float32, [2]))
    }

    @Test("A large constant result is not evaluated")
    func largeResults() throws {
        let found = try facts(
            """
            (x: f32[2]) -> (y: f32[...]) {
              opset ai.onnx 17
              const s: i64[2] = [100000, 100000]
              y = ConstantOfShape(s)
            }
            """)
        #expect(found.values["y"]?.constant == nil)
        #expect(found.type(of: "y") == .tensor(.float32, [100_000, 100_000]))
    }
}
