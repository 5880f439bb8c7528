// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// The scales of a quantised product, all of them constants.
struct QuantizedScales {
    private let input: Float
    private let weights: [Float]
    private let output: Float

    /// Reads the scales at input 1 and the given positions, or returns nil where one is not a constant `f32`.
    init?(_ node: Node, _ index: GraphIndex, weightScale: Int, outputScale: Int) {
        guard let input = index.scalarFloat(node.input(1)), let output = index.scalarFloat(node.input(outputScale)),
            let weights = index.constant(node.input(weightScale)), weights.elementType == .float32,
            let values = try? weights.array(of: Float.self), !values.isEmpty
        else { return nil }
        self.input = input
        self.weights = values
        self.output = output
    }

    /// How many scales the weights have.
    var count: Int { weights.count }

    /// What an integer sum is multiplied with before it is rounded.
    func multipliers() throws(ComputeError) -> Tensor {
        try Tensor(weights.map { input * $0 / output }, shape: [weights.count])
    }
}

extension GraphIndex {
    /// Zero points of weights as one `i32` per channel; an absent input means zeros.
    func zeroPoints(_ name: String, count: Int) -> Tensor? {
        if name.isEmpty { return try? Tensor([Int32](repeating: 0, count: count), shape: [count]) }
        guard let tensor = constant(name), let values = try? tensor.integers(),
            values.count == 1 || values.count == count
        else { return nil }
        let expanded = (0..<count).map { Int32(clamping: values.count == 1 ? values[0] : values[$0]) }
        return try? Tensor(expanded, shape: [count])
    }
}
