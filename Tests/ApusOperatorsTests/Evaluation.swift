// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors

/// One operator, made from attributes and asked to evaluate or infer.
struct Evaluation {
    private static let catalogue = Catalogue(standardOperators)
    let operation: any Operator
    private let outputCount: Int

    init(
        _ name: String, domain: String = "", opset: Int = 28, inputCount: Int = 1, outputCount: Int = 1,
        _ attributes: [String: Attribute] = [:]
    ) throws {
        guard let type = Evaluation.catalogue.find(name, domain: domain) else {
            throw ComputeError(.unsupported, "\(name) is not known")
        }
        let node = Node(
            name, domain: domain, opset: opset, inputs: (0..<inputCount).map { "i\($0)" },
            outputs: (0..<outputCount).map { "o\($0)" }, attributes: attributes)
        operation = try type.init(NodeReader(node))
        self.outputCount = outputCount
    }

    func callAsFunction(_ inputs: Tensor?...) throws -> Tensor {
        var outputs = Outputs(wanted: [Bool](repeating: true, count: outputCount), context: EvaluationContext())
        try operation.run(Inputs(inputs.map { input in input.map { .tensor($0) } }), into: &outputs)
        guard case .tensor(let tensor) = outputs.values[0] else { throw ComputeError(.value, "no tensor came out") }
        return tensor
    }

    func infer(_ inputs: InferredValue?...) throws -> InferredValue {
        try operation.infer(inputs).first ?? .unknown
    }
}
