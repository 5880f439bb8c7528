// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ControlFlowTests {
    /// A body that takes the given names and makes values of the given types.
    private func body(_ inputs: Int, _ outputs: [ValueType]) -> Attribute {
        .graph(
            Graph(
                inputs: (0..<inputs).map { Value("in\($0)", .unknown) },
                outputs: outputs.enumerated().map { Value("out\($0)", $1) }))
    }

    private func run<Kind: Operator>(
        _ kind: Kind.Type, opset: Int = 22, _ attributes: [String: Attribute], _ inputs: [Datum?], outputs: Int,
        _ subgraph: @escaping (String, [Datum]) throws(ComputeError) -> [Datum]
    ) throws(ComputeError) -> [Datum?] {
        let context = EvaluationContext()
        context.runSubgraph = { (name, _, inputs) throws(ComputeError) in try subgraph(name, inputs) }
        let node = Node(
            Kind.schema.name, opset: opset, inputs: inputs.indices.map { inputs[$0] == nil ? "" : "i\($0)" },
            outputs: (0..<outputs).map { "o\($0)" }, attributes: attributes)
        var results = Outputs(wanted: [Bool](repeating: true, count: outputs), context: context)
        try Kind(NodeReader(node)).evaluate(Inputs(inputs), into: &results)
        return results.values
    }

    private func sum(_ datum: Datum, _ number: Int64) throws(ComputeError) -> Datum {
        guard let tensor = datum.tensor else { throw .value("no tensor") }
        return .tensor(try Tensor(scalar: try tensor.array(of: Int64.self)[0] + number))
    }

    @Test("A loop stops at its limit or when its condition fails, whichever comes first")
    func loop() throws {
        let attributes = ["body": body(3, [.tensor(.bool, []), .tensor(.int64, []), .tensor(.int64, [])])]
        let start = Datum.tensor(try Tensor(scalar: Int64(10)))
        func looped(_ limit: Int64?, _ condition: Bool?, while goesOn: Int64) throws(ComputeError) -> [Datum?] {
            var inputs: [Datum?] = [nil, nil, start]
            if let limit { inputs[0] = .tensor(try Tensor(scalar: limit)) }
            if let condition { inputs[1] = .tensor(try Tensor(scalar: condition)) }
            return try run(LoopOperator.self, attributes, inputs, outputs: 2) { (_, inputs) throws(ComputeError) in
                let round = try inputs[0].tensor?.array(of: Int64.self)[0] ?? 0
                let next = try sum(inputs[2], 1)
                return [.tensor(try Tensor(scalar: round + 1 < goesOn)), next, next]
            }
        }
        let limited = try looped(3, nil, while: 100)
        #expect(try limited[0]?.tensor?.array(of: Int64.self) == [13])
        #expect(try limited[1]?.tensor?.array(of: Int64.self) == [11, 12, 13])
        #expect(try looped(nil, true, while: 2)[0]?.tensor?.array(of: Int64.self) == [12])
        let none = try looped(5, false, while: 100)
        #expect(try none[0]?.tensor?.array(of: Int64.self) == [10])
        #expect(none[1]?.tensor?.shape == [0])
        #expect(try looped(-1, nil, while: 100)[1]?.tensor?.shape == [0])
    }

    @Test("A loop without an end can be cancelled")
    func cancel() throws {
        let context = EvaluationContext()
        var rounds = 0
        context.runSubgraph = { (_, _, inputs) throws(ComputeError) in [inputs[1]] }
        context.isCancelled = {
            rounds += 1
            return rounds > 5
        }
        let node = Node(
            "Loop", opset: 16, inputs: ["", ""], outputs: ["o"], attributes: ["body": body(2, [.tensor(.bool, [])])])
        var results = Outputs(wanted: [true], context: context)
        let operation = try LoopOperator(NodeReader(node))
        #expect(throws: ComputeError.self) { try operation.evaluate(Inputs([nil, nil]), into: &results) }
        #expect(rounds == 6)
    }

    @Test("A scan reads and writes along any axis in any direction")
    func scan() throws {
        let source = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let attributes: [String: Attribute] = [
            "body": body(1, [.tensor(.float32, [2])]), "num_scan_inputs": .integer(1),
            "scan_input_axes": .integers([-1]), "scan_input_directions": .integers([1]),
            "scan_output_axes": .integers([1]),
        ]
        let result = try run(ScanOperator.self, attributes, [.tensor(source)], outputs: 1) {
            (_, inputs) throws(ComputeError) in inputs
        }
        #expect(try result[0]?.tensor?.array(of: Float.self) == [3, 2, 1, 6, 5, 4])
    }

    @Test("The batched scan of version 8 heeds lengths and pads with zeros")
    func batchedScan() throws {
        let source = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        let lengths = try integers([1, 2])
        let result = try run(
            ScanOperator.self, opset: 8, ["body": body(1, [.tensor(.float32, [])]), "num_scan_inputs": .integer(1)],
            [.tensor(lengths), .tensor(source)], outputs: 1
        ) { (_, inputs) throws(ComputeError) in inputs }
        #expect(try result[0]?.tensor?.array(of: Float.self) == [1, 0, 3, 4])
    }

    @Test("Branches are chosen by one truth value")
    func branches() throws {
        let attributes = [
            "then_branch": body(0, [.tensor(.int64, [1])]), "else_branch": body(0, [.tensor(.int64, [2])]),
        ]
        let condition = Datum.tensor(try Tensor([false], shape: [1]))
        let result = try run(IfOperator.self, attributes, [condition], outputs: 1) { (name, _) throws(ComputeError) in
            [.tensor(try Tensor(strings: [name], shape: [1]))]
        }
        #expect(result[0]?.tensor?.strings == ["else_branch"])
        #expect(refusal(IfOperator.self, attributes, [try Tensor([true, true], shape: [2])]) == .shape)
        #expect(
            try inferred(IfOperator.self, attributes, [nil])[0].type == .tensor(.int64, [.unknown]))
    }

    @Test("Sequences refuse positions outside and mixed element types")
    func sequences() throws {
        let items: [Datum] = [.tensor(try ramp([1])), .tensor(try ramp([2]))]
        func evaluate<Kind: Operator>(_ kind: Kind.Type, _ rest: [Tensor]) throws(ComputeError) -> Datum? {
            try run(kind, [:], [.sequence(items)] + rest.map { .tensor($0) }, outputs: 1) {
                (_, _) throws(ComputeError) in []
            }[0]
        }
        #expect(try evaluate(SequenceAt.self, [try Tensor(scalar: Int64(-1))])?.tensor?.shape == [2])
        #expect(throws: ComputeError.self) { try evaluate(SequenceAt.self, [try Tensor(scalar: Int64(2))]) }
        #expect(throws: ComputeError.self) { try evaluate(SequenceErase.self, [try Tensor(scalar: Int64(-3))]) }
        #expect(throws: ComputeError.self) { try evaluate(SequenceInsert.self, [try integers([1])]) }
        #expect(throws: ComputeError.self) {
            try evaluate(SequenceInsert.self, [try ramp([1]), try Tensor(scalar: Int64(3))])
        }
        #expect(refusal(SplitToSequence.self, [try ramp([4]), try Tensor(scalar: Int64(0))]) == .value)
        #expect(refusal(SplitToSequence.self, [try ramp([4]), try integers([1, 4])]) == .value)
        #expect(refusal(OptionalGetElement.self, [nil]) == .value)
    }
}
