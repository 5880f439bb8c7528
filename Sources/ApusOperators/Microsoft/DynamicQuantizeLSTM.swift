// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Long short-term memory over 8-bit weights, with inputs and states quantized as they come.
package struct DynamicQuantizeLSTM: Operator {
    package static let schema = Schema(
        "DynamicQuantizeLSTM", domain: OperatorDomain.microsoft, inputs: 12...12, outputs: 0...3)

    private enum Direction: String, CaseIterable {
        case forward
        case reverse
        case bidirectional
    }

    private let direction: Direction
    private let hidden: Int
    private let clip: Float
    private let couplesGates: Bool
    private let activations: [[GateActivation]]

    private var directions: Int { direction == .bidirectional ? 2 : 1 }

    package init(_ node: NodeReader) throws(ComputeError) {
        direction = try node.choice("direction", default: .forward)
        hidden = try node.integer("hidden_size")
        clip = try node.float("clip", default: .infinity)
        couplesGates = try node.flag("input_forget")
        guard hidden > 0, hidden <= 1 << 24 else { throw .attribute("attribute 'hidden_size' is \(hidden)") }
        activations = try GateActivation.read(
            node, usual: ["Sigmoid", "Tanh", "Tanh"], directions: direction == .bidirectional ? 2 : 1)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions else { return [] }
        guard dimensions.count == 3 else { throw .shape("the input has rank \(dimensions.count), expected 3") }
        let state: [Dimension] = [Dimension(directions), dimensions[1], Dimension(hidden)]
        return [.tensor(.float32, [dimensions[0]] + state), .tensor(.float32, state), .tensor(.float32, state)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank == 3 else { throw .shape("the input \(source) has no steps, items and features") }
        let (steps, batch) = (source.shape[0], source.shape[1])
        try check(try inputs.tensor(1), [directions, source.shape[2], 4 * hidden])
        try check(try inputs.tensor(2), [directions, hidden, 4 * hidden])
        let lengths = try inputs.optionalTensor(4)?.integers() ?? [Int](repeating: steps, count: batch)
        guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 <= steps }) else {
            throw .value("lengths \(lengths) do not fit \(batch) sequences of \(steps)")
        }
        let values = try source.array(of: Float.self)
        let state = Shape([directions, batch, hidden])
        var sequence = [Float](repeating: 0, count: steps * state.elementCount)
        var lastOutputs: [Float] = []
        var lastCells: [Float] = []
        for index in 0..<directions {
            let layer = try layer(inputs, index, batch)
            let isReverse = direction == .reverse || index == 1
            let (last, cells) = layer.run(values, steps, lengths, isReverse: isReverse) { step, item, unit, value in
                sequence[((step * directions + index) * batch + item) * hidden + unit] = value
            }
            lastOutputs.append(contentsOf: last)
            lastCells.append(contentsOf: cells)
        }
        if outputs.isWanted(0) {
            outputs.set(0, try Tensor(sequence, shape: [steps, directions, batch, hidden]))
        }
        outputs.set(1, try Tensor(lastOutputs, shape: state))
        outputs.set(2, try Tensor(lastCells, shape: state))
    }

    private func check(_ tensor: Tensor, _ shape: Shape) throws(ComputeError) {
        guard tensor.shape == shape else { throw .shape("expected weights of \(shape), the tensor is \(tensor)") }
    }

    /// One direction's part of an optional input of so many numbers per direction.
    private func part(_ tensor: Tensor?, _ index: Int, _ count: Int) throws(ComputeError) -> [Float] {
        guard let tensor else { return [Float](repeating: 0, count: count) }
        guard tensor.elementCount == directions * count else {
            throw .shape("expected \(directions) × \(count) numbers, the tensor is \(tensor)")
        }
        return Array(try tensor.array(of: Float.self)[(index * count)..<((index + 1) * count)])
    }

    private func layer(_ inputs: Inputs, _ index: Int, _ batch: Int) throws(ComputeError) -> QuantizedMemoryLayer {
        QuantizedMemoryLayer(
            hidden: hidden, batch: batch, clip: clip, couplesGates: couplesGates,
            activations: activations[index],
            weights: try QuantizedWeights(
                try inputs.tensor(1), try inputs.tensor(8), try inputs.tensor(9), direction: index),
            recurrence: try QuantizedWeights(
                try inputs.tensor(2), try inputs.tensor(10), try inputs.tensor(11), direction: index),
            bias: try part(try inputs.optionalTensor(3), index, 8 * hidden),
            output: try part(try inputs.optionalTensor(5), index, batch * hidden),
            cell: try part(try inputs.optionalTensor(6), index, batch * hidden),
            peepholes: try part(try inputs.optionalTensor(7), index, 3 * hidden))
    }
}
