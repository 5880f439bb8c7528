// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors
import Testing

@Suite struct GraphTextTests {
    private func expectRoundTrip(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let printer = GraphPrinter()
        let first = printer.text(of: try GraphParser.parse(text))
        let second = printer.text(of: try GraphParser.parse(first))
        #expect(first == text, sourceLocation: sourceLocation)
        #expect(first == second, sourceLocation: sourceLocation)
    }

    @Test("A graph with every kind of attribute is printed as it was written")
    func attributes() throws {
        try expectRoundTrip(
            """
            graph "all"(x: f32[N, 3], "odd name:0": seq(map(i64, f32[...]))) -> (y: f32[N, 3]) {
              opset ai.onnx 17
              opset com.microsoft 1
              const h: f8e4m3fn[2] = hex "007f"
              const k: i64[2] = [-1, 3]
              const s: str[1] = ["a \\"b\\""]
              const w: f32[2, 3] = splat 0.5
              a: f32[2*N + 1, 3], _ = com.microsoft::Thing(x, _, k) {a = 1, b = 1.5, c = "t", d = [1, 2], \
            e = [1.0, 2.0], f = ["u"], g = ints [], h = tensor f32[2] [1.0, -inf], i = type optional(f32[?])} "label"
              y = Other@13(a, "odd name:0")
            }

            """)
    }

    @Test("Subgraphs are printed inside their node")
    func subgraphs() throws {
        try expectRoundTrip(
            """
            graph(c: bool[], x: f32[2]) -> (y: f32[2]) {
              opset ai.onnx 17
              y = If(c) {else_branch = graph() -> (r: f32[2]) {
                r = Abs@17(x)
              }, then_branch = graph() -> (q: f32[2]) {
                q = Neg@17(x)
              }}
            }

            """)
    }

    @Test(
        "A fault is reported with its place",
        arguments: [
            ("graph(", "1:7", GraphTextError.Code.syntax), ("grap", "1:1", .syntax),
            ("graph() -> () {\n  y = Relu(x\n}", "3:1", .syntax),
            ("graph() -> () {\n  const a: f32[1] = [x]\n}", "2:21", .number),
            ("graph() -> () {\n  const a: f32[1] = elided\n}", "2:21", .elided),
            ("graph() -> () {\n  const a: f32[100000, 100000] = splat 1.0\n}", "2:34", .limit),
            ("graph(x: f32[99999999999999999999]) -> () {}", "1:14", .number), ("graph() -> () { \"a", "1:17", .syntax),
        ])
    func faults(text: String, place: String, code: GraphTextError.Code) throws {
        let error = #expect(throws: GraphTextError.self) { try GraphParser.parse(text) }
        #expect(error?.code == code)
        #expect(error.map { "\($0.line):\($0.column)" } == place, "\(error?.description ?? "")")
    }

    @Test("Nesting without end is refused")
    func depth() {
        let text = String(repeating: "graph() -> () { = If() {a = ", count: 1000)
        let error = #expect(throws: GraphTextError.self) { try GraphParser.parse(text) }
        #expect(error?.code == .limit)
    }

    @Test("Every prefix of a text is refused or read, never more")
    func prefixes() throws {
        let text = GraphPrinter().text(
            of: try GraphParser.parse(
                "graph(x: f32[N]) -> (y: f32[2*N]) { opset ai.onnx 17 y = Concat(x, x) {axis = 0} }"))
        for count in 0..<text.count {
            do { _ = try GraphParser.parse(String(text.prefix(count))) } catch {}
        }
    }
}
