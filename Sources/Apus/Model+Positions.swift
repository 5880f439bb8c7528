// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusTensors

extension Model {
    /// Whether every output at a position along an axis of the given name comes from the same position of the inputs
    /// alone, so that positions may be added at the end and taken away again; false where that is not certain.
    package func keepsPositions(of axisName: String) -> Bool {
        guard let plan = plan as? CPUPlan else { return false }
        let graph = plan.graph
        let wanted = Dimension(symbol: axisName)
        /// The axis of each value that has it.
        var axes: [String: Int] = [:]
        for input in graph.inputs {
            guard let dimensions = input.type.dimensions else { return false }
            let found = dimensions.indices.filter { dimensions[$0] == wanted }
            guard found.count == 1, let axis = found.first else { return false }
            // From the end, as broadcasting counts.
            axes[input.name] = dimensions.count - axis
        }
        for node in graph.nodes {
            guard node.domain.isEmpty, Self.pointwise.contains(node.operatorName), node.outputs.count == 1 else {
                return false
            }
            var axis: Int?
            for name in node.inputs where !name.isEmpty {
                if let tensor = graph.constants[name] {
                    guard tensor.elementCount == 1 else { return false }
                    continue
                }
                guard let own = axes[name], axis == nil || axis == own else { return false }
                axis = own
            }
            guard let axis else { return false }
            for output in node.outputs { axes[output] = axis }
        }
        return graph.outputs.allSatisfy { axes[$0.name] != nil }
    }

    /// Operators that compute each element of their output from the same element of each input.
    private static let pointwise: Set<String> = [
        "Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "Cast", "Ceil", "Celu", "Clip", "Cos",
        "Cosh", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid",
        "HardSwish", "Identity", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min",
        "Mish", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "PRelu", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid",
        "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tan", "Tanh", "ThresholdedRelu", "Where",
        "Xor",
    ]
}
