// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// The constant weights and bias of a `Conv` or `ConvTranspose`, scaled and shifted per output channel.
struct ConvolutionWeights {
    private let node: Node
    private let weights: Tensor
    private let bias: [Double]
    /// The number of output channels.
    let channelCount: Int

    /// Reads a node's weights.
    ///
    /// - Throws: ``Refusal`` where they are not constant floating-point tensors of fitting shapes.
    init(_ node: Node, _ index: GraphIndex) throws(Refusal) {
        guard node.inputs.count >= 2, let weights = index.constant(node.inputs[1]), weights.elementType.isFloat,
            weights.shape.rank >= 3, weights.elementCount > 0
        else { throw Refusal("the weights are not constant") }
        let group = node.integer("group", default: 1)
        guard group >= 1 else { throw Refusal("the group is not positive") }
        self.node = node
        self.weights = weights
        channelCount = node.operatorName == "Conv" ? weights.shape[0] : weights.shape[1] * group
        guard node.operatorName == "Conv" || weights.shape[0] % group == 0 else {
            throw Refusal("the weights do not fit the group")
        }
        if node.hasInput(2) {
            guard let found = index.numbers(node.inputs[2]) else { throw Refusal("the bias is not constant") }
            guard found.count == channelCount else { throw Refusal("the bias does not fit the weights") }
            bias = found
        } else {
            bias = [Double](repeating: 0, count: channelCount)
        }
    }

    /// Adds a node that computes `scale * old + shift` per channel in the place of the root.
    func replaceRoot(scale: [Double]?, shift: [Double], _ edit: inout Edit, outputs: [String]) throws(Refusal) {
        var inputs = Array(node.inputs.prefix(2))
        if let scale {
            guard scale.allSatisfy(\.isFinite) else { throw Refusal("a scale is not finite") }
            inputs[1] = try edit.constant(node.inputs[1]) { () throws(ComputeError) in try scaledWeights(scale) }
        }
        let newBias = (0..<channelCount).map { bias[$0] * (scale?[$0] ?? 1) + shift[$0] }
        guard newBias.allSatisfy(\.isFinite) else { throw Refusal("a folded bias is not finite") }
        let hint = node.hasInput(2) ? node.inputs[2] : node.inputs[1] + "_bias"
        inputs.append(
            try edit.constant(hint) { () throws(ComputeError) in
                try Tensor(numbers: newBias, weights.elementType, shape: [channelCount])
            })
        try edit.replaceRoot(
            Node(
                node.operatorName, domain: node.domain, opset: node.opset, name: node.name, inputs: inputs,
                outputs: outputs, attributes: node.attributes))
    }

    private func scaledWeights(_ scale: [Double]) throws(ComputeError) -> Tensor {
        // Elements of one channel lie in runs.
        let inner = weights.shape.dropFirst(2).reduce(1, *)
        let second = weights.shape[1]
        let isConv = node.operatorName == "Conv"
        let length = isConv ? inner * second : inner
        let rows = max(1, weights.shape[0] / node.integer("group", default: 1))
        func channel(_ run: Int) -> Int { isConv ? run : run / second / rows * second + run % second }
        guard weights.elementType == .float32 else {
            guard var numbers = weights.numbers else {
                throw .elementType("the weights are of no plain floating-point type")
            }
            for place in numbers.indices { numbers[place] *= scale[channel(place / length)] }
            return try Tensor(numbers: numbers, weights.elementType, shape: weights.shape)
        }
        var result = try MutableTensor(.float32, weights.shape, uninitialized: ())
        let source = try weights.elements(of: Float.self)
        var target = try result.elements(of: Float.self)
        for run in 0..<source.count / length {
            let factor = scale[channel(run)]
            for place in run * length..<(run + 1) * length { target[place] = Float(Double(source[place]) * factor) }
        }
        return result.finish()
    }
}

/// The scale and shift a `BatchNormalization` outside training applies per channel.
struct NormalizationFactors {
    let scale: [Double]
    let shift: [Double]

    /// Reads a node's constants.
    ///
    /// - Throws: ``Refusal`` where they are not constant or the node is training.
    init(_ node: Node, _ index: GraphIndex) throws(Refusal) {
        guard node.integer("training_mode", default: 0) == 0 else { throw Refusal("the node is training") }
        guard node.opset >= 7 || node.integer("is_test", default: 0) != 0 else { throw Refusal("the node is training") }
        guard node.outputs.dropFirst().allSatisfy({ $0.isEmpty || index.useCount($0) == 0 }) else {
            throw Refusal("the statistics are read")
        }
        guard node.inputs.count == 5, node.integer("spatial", default: 1) == 1 else {
            throw Refusal("statistics are not per channel")
        }
        var columns: [[Double]] = []
        for name in node.inputs.dropFirst() {
            guard let numbers = index.numbers(name) else { throw Refusal("the statistics are not constant") }
            columns.append(numbers)
        }
        guard columns.allSatisfy({ $0.count == columns[0].count }) else { throw Refusal("the statistics do not fit") }
        let epsilon = Double(node.float("epsilon", default: 1e-5))
        let factors = zip(columns[0], columns[3]).map { scale, variance in scale / (variance + epsilon).squareRoot() }
        scale = factors
        shift = factors.indices.map { columns[1][$0] - columns[2][$0] * factors[$0] }
    }
}
