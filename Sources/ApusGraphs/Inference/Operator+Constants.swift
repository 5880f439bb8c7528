// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension Operator {
    /// Evaluates constant inputs; halves are widened and rounded where the operator asks for it.
    ///
    /// An output that is not a tensor is nil.
    ///
    /// - Throws: ``ComputeError`` from the operator.
    package func evaluateConstants(
        _ inputs: [Tensor?], outputCount: Int, _ context: EvaluationContext
    ) throws(ComputeError) -> [Tensor?] {
        var half: ElementType?
        var data: [Datum?] = []
        for input in inputs {
            guard let input else {
                data.append(nil)
                continue
            }
            let isHalf = input.elementType == .float16 || input.elementType == .bfloat16
            if isHalf, Self.widensHalf {
                half = half ?? input.elementType
                data.append(.tensor(try input.halvesWidened()))
            } else {
                data.append(.tensor(input))
            }
        }
        var outputs = Outputs(wanted: [Bool](repeating: true, count: outputCount), context: context)
        try evaluate(Inputs(data), into: &outputs)
        var results: [Tensor?] = []
        for datum in outputs.values {
            guard let tensor = datum?.tensor else {
                results.append(nil)
                continue
            }
            if let half { results.append(try tensor.rounded(toHalf: half)) } else { results.append(tensor) }
        }
        return results
    }
}

extension Node {
    /// Operators of ONNX that make different values each time.
    private static let randomOperators: Set<String> = [
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli",
    ]

    /// Whether the same inputs always make the same outputs.
    package var isDeterministic: Bool {
        if domain == "" {
            if Node.randomOperators.contains(operatorName) { return false }
            if operatorName == "Dropout" { return opset >= 12 ? inputs.count < 3 || inputs[2].isEmpty : true }
        }
        return true
    }
}
