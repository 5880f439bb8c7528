// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusPasses
import ApusTensors
import Synchronization
import Testing

/// Runs rules and passes on graph text and checks that the result means the same.
///
/// A text is a signature line and the lines of the body; the operator sets are put in front.
enum Harness {
    static let catalogue = Catalogue(standardOperators)
    static let printer = GraphPrinter(showsTypes: false)

    static func graph(_ text: String, opset: Int = 17) throws -> Graph {
        let lines = text.split(separator: "\n", maxSplits: 1)
        let whole = """
            graph\(lines[0]) {
            opset ai.onnx \(opset)
            opset com.microsoft 1
            \(lines.count > 1 ? lines[1] : "")
            }
            """
        var graph = try GraphParser.parse(whole, catalogue: catalogue)
        graph.inferTypes()
        try Verifier().verify(graph)
        return graph
    }

    /// Checks that the steps turn one graph into the other, and that both compute the same.
    static func expect(
        _ steps: [any WholeGraphPass], newest: Bool = false, _ before: String, becomes after: String, opset: Int = 17,
        tolerance: Double = 1e-4, compares: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let original = try graph(before, opset: opset)
        var found = original
        let context = PassContext(catalogue: catalogue, allowsNewestOpset: newest)
        let names = NameSource(avoiding: found.allNames)
        for step in steps { _ = try step.transform(&found, names: names, context) }
        let wanted = try graph(after, opset: opset)
        #expect(printer.text(of: found) == printer.text(of: wanted), sourceLocation: sourceLocation)
        guard compares else { return }
        try expectSameValues(original, found, tolerance: tolerance, sourceLocation: sourceLocation)
    }

    /// Checks that a rule turns one graph into the other.
    static func expect(
        _ rule: any Rule, newest: Bool = false, _ before: String, becomes after: String, opset: Int = 17,
        tolerance: Double = 1e-4, compares: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try expect(
            [PassRunner(RuleSweep("Test", [rule])), PassRunner(DeadCode())], newest: newest, before, becomes: after,
            opset: opset, tolerance: tolerance, compares: compares, sourceLocation: sourceLocation)
    }

    /// Checks that a rule leaves a graph alone for the given reason; no reason: its pattern does not fit.
    static func expect(
        _ rule: any Rule, newest: Bool = false, _ text: String, isRefused reason: String?, opset: Int = 17,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let sink = Sink()
        var context = PassContext(catalogue: catalogue, allowsNewestOpset: newest)
        context.trace = { sink.add($0) }
        var found = try graph(text, opset: opset)
        let names = NameSource(avoiding: found.allNames)
        let isChanged = try PassRunner(RuleSweep("Test", [rule])).transform(&found, names: names, context)
        #expect(!isChanged, sourceLocation: sourceLocation)
        #expect(sink.reasons == (reason.map { [$0] } ?? []), sourceLocation: sourceLocation)
    }

    /// Evaluates both graphs on the same seeded inputs, named sizes being 2, and compares the outputs.
    static func expectSameValues(
        _ first: Graph, _ second: Graph, tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = try values(first)
        let actual = try values(second)
        for (name, tensor) in expected.sorted(by: { $0.key < $1.key }) {
            guard let other = actual[name] else {
                Issue.record("'\(name)' is not computed", sourceLocation: sourceLocation)
                continue
            }
            #expect("\(tensor)" == "\(other)", sourceLocation: sourceLocation)
            let pairs = zip(tensor.doubles, other.doubles)
            let worst = pairs.map { abs($0 - $1) / max(1, abs($0)) }.max() ?? 0
            #expect(worst <= tolerance, "'\(name)' differs by \(worst)", sourceLocation: sourceLocation)
        }
        #expect(expected.count == first.outputs.count, "not every output was computed", sourceLocation: sourceLocation)
    }

    private static func values(_ graph: Graph) throws -> [String: Tensor] {
        var options = InferenceOptions()
        options.evaluatedByteLimit = 1 << 24
        var seed: UInt64 = 7
        for input in graph.inputs {
            guard case .tensor(let type, let sizes?) = input.type else { continue }
            let shape = Shape(sizes.map { $0.value ?? 2 })
            for size in sizes where size.value == nil { for name in size.symbols { options.symbols[name] = 2 } }
            var numbers: [Double] = []
            for _ in 0..<shape.elementCount {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                numbers.append(Double(seed >> 40) / Double(1 << 23) - 1)
            }
            options.inputs[input.name] = InferredValue(constant: try made(numbers, type, shape))
        }
        let facts = graph.inferred(options)
        var result: [String: Tensor] = [:]
        for output in graph.outputs { result[output.name] = facts.values[output.name]?.constant }
        return result
    }

    private static func made(_ numbers: [Double], _ type: ElementType, _ shape: Shape) throws -> Tensor {
        switch type {
        case .int64: try Tensor(numbers.map { Int64($0 * 8) }, shape: shape)
        case .int32: try Tensor(numbers.map { Int32($0 * 8) }, shape: shape)
        case .uint8: try Tensor(numbers.map { UInt8(($0 + 1) * 127) }, shape: shape)
        case .int8: try Tensor(numbers.map { Int8($0 * 127) }, shape: shape)
        case .bool: try Tensor(numbers.map { $0 > 0 }, shape: shape)
        default: try Tensor(numbers: numbers, type, shape: shape)
        }
    }
}

/// Keeps what a pass traces.
private final class Sink: Sendable {
    private let events = Mutex<[PassEvent]>([])
    func add(_ event: PassEvent) { events.withLock { $0.append(event) } }
    var reasons: [String] {
        events.withLock { $0 }.compactMap { if case .refused(_, _, let reason) = $0 { reason } else { nil } }
    }
}

extension Tensor {
    fileprivate var doubles: [Double] {
        if let numbers { return numbers }
        if let integers = try? integers() { return integers.map { Double($0) } }
        return []
    }
}
