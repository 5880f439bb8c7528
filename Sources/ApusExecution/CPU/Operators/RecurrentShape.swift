// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// The sizes of a lowered recurrent layer and the order in which its directions walk the sequence.
struct RecurrentShape {
    enum Direction: String, CaseIterable {
        case forward
        case reverse
        case bidirectional
    }

    let direction: Direction
    let hidden: Int
    let inputSize: Int
    let gates: Int
    let isa: String
    let precision: Precision

    /// Reads `direction`, `hidden_size`, `input_size`, `isa` and `precision`.
    init(_ node: NodeReader, gates: Int) throws(ComputeError) {
        direction = try node.choice("direction", default: .forward)
        hidden = try node.integer("hidden_size")
        inputSize = try node.integer("input_size")
        isa = try node.string("isa", default: "scalar")
        precision = try Precision(node)
        self.gates = gates
        guard (1...1 << 20).contains(hidden), (1...1 << 24).contains(inputSize) else {
            throw .attribute("a layer of \(hidden) cells over \(inputSize) inputs")
        }
        try PackedWeights.checkSizes([gates * 4, hidden, max(inputSize, hidden)])
    }

    var directions: Int { direction == .bidirectional ? 2 : 1 }

    /// Whether the direction of the given index reads from the end.
    func isReversed(_ index: Int) -> Bool { direction == .reverse || index == 1 }

    /// The types of `Y` and of `count` final states.
    func infer(_ input: InferredValue?, states: Int) -> [InferredValue] {
        guard let dimensions = input?.type.dimensions, dimensions.count == 3 else { return [] }
        let (directions, hidden) = (Dimension(directions), Dimension(hidden))
        let state = InferredValue.tensor(.float32, [directions, dimensions[1], hidden])
        return [.tensor(.float32, [dimensions[0], directions, dimensions[1], hidden])]
            + [InferredValue](repeating: state, count: states)
    }

    /// Checks the layer's inputs and packed weights.
    ///
    /// - Throws: ``ComputeError`` that says which one does not fit.
    func check(_ inputs: Inputs, _ context: EvaluationContext) throws(ComputeError) {
        let x = try inputs.tensor(0)
        guard x.elementType == .float32, x.shape.rank == 3, x.shape[2] == inputSize else {
            throw .shape("input 0 is \(x), expected f32 sequences of \(inputSize)")
        }
        let kernels = context.kernels(precision)
        let width = gates * hidden
        let inputBytes = kernels.packedGEMMByteCount(k: inputSize, n: width)
        let stateBytes = kernels.packedGEMMByteCount(k: hidden, n: width)
        try PackedWeights.check(try inputs.tensor(1), byteCount: inputBytes * directions, isa: isa, context)
        try PackedWeights.check(try inputs.tensor(2), byteCount: stateBytes * directions, isa: isa, context)
    }

    /// A state to begin with: the given one copied, or zeros.
    func initialState(
        _ tensor: Tensor?, batch: Int, _ context: EvaluationContext
    ) throws(ComputeError) -> MutableTensor {
        let shape = Shape(directions, batch, hidden)
        guard tensor.map({ $0.elementType == .float32 && $0.shape == shape }) ?? true else {
            throw .shape("an initial state does not fit \(shape)")
        }
        var state = try context.makeTensor(.float32, shape)
        var elements = try state.elements(of: Float.self)
        if let tensor {
            let source = try tensor.elements(of: Float.self)
            for index in elements.indices { elements[index] = source[index] }
        } else {
            for index in elements.indices { elements[index] = 0 }
        }
        return state
    }
}
