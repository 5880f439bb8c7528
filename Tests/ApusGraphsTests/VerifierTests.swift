// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors
import Testing

@Suite struct VerifierTests {
    @Test(
        "A broken law is named",
        arguments: [
            ("graph(x: f32[2]) -> (y: f32[2]) { y = Relu(z) }", VerifierError.Code.danglingName),
            ("graph(x: f32[2]) -> (y: f32[2]) { y = Relu(a) a = Relu(x) }", .order),
            ("graph(x: f32[2]) -> (y: f32[2]) { y = Relu(x) y = Abs(x) }", .duplicateName),
            ("graph(x: f32[2]) -> (y: f32[2]) { x = Relu(x) }", .duplicateName),
            ("graph(x: f32[2]) -> (y: f32[2]) { a = Relu(x) }", .danglingName),
            ("graph(x: f32[2]) -> (y: i64[2]) { y: f32[2] = Relu(x) }", .type),
            (
                "graph(c: bool[]) -> (y: f32[2]) { y = If(c) {then_branch = graph() -> (q: f32[2]) { c = Relu(q) }} }",
                .danglingName
            ),
            (
                "graph(c: bool[], x: f32[2]) -> (y: f32[2]) { y = If(c) {a = graph() -> (x: f32[2]) { x = Relu(c) }} }",
                .duplicateName
            ),
        ])
    func faults(text: String, code: VerifierError.Code) throws {
        let graph = try GraphParser.parse(text)
        let error = #expect(throws: VerifierError.self) { try Verifier(requiresOperations: false).verify(graph) }
        #expect(error?.code == code)
    }

    @Test("A node without operation is refused where operations are required")
    func unresolved() throws {
        let graph = try GraphParser.parse("graph(x: f32[2]) -> (y: f32[2]) { y = Relu(x) }")
        try Verifier(requiresOperations: false).verify(graph)
        let error = #expect(throws: VerifierError.self) { try Verifier().verify(graph) }
        #expect(error?.code == .unresolved)
    }
}
