// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// What recurrent operators share: attributes, the shapes of sequences and states, and the walk along time.
package struct Recurrence: Sendable {
    /// Which way sequences are read.
    package enum Direction: String, Sendable, CaseIterable {
        case forward
        case reverse
        case bidirectional
    }

    /// Which way sequences are read.
    package let direction: Direction
    /// The activations of every direction.
    package let activations: [[GateActivation]]
    /// The bound of what activations see, or nil.
    package let clip: Float?
    /// Whether the batch comes before time.
    package let isBatchFirst: Bool
    private let hiddenSize: Int?
    private let gates: Int

    /// The number of directions.
    package var directions: Int { direction == .bidirectional ? 2 : 1 }

    /// Reads the attributes of an operator with the given number of gates.
    package init(_ node: NodeReader, gates: Int, activations usual: [String]) throws(ComputeError) {
        direction = try node.choice("direction", default: .forward)
        activations = try GateActivation.read(
            node, usual: usual, directions: direction == .bidirectional ? 2 : 1)
        clip = try node.optionalFloat("clip").map { abs($0) }
        isBatchFirst = try node.flag("layout")
        hiddenSize = try node.optionalInteger("hidden_size")
        if let hiddenSize, hiddenSize <= 0 || hiddenSize > ConvolutionGeometry.largestSize {
            throw .attribute("attribute 'hidden_size' is \(hiddenSize)")
        }
        self.gates = gates
    }

    /// The types of the whole sequence of states and of as many last states.
    package func infer(_ inputs: [InferredValue?], states: Int) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        var hidden = hiddenSize.map { Dimension($0) } ?? .unknown
        if let weights = inputs.dimensions(2) {
            guard weights.count == 3 else { throw .shape("recurrent weights \(weights)") }
            if hidden.isUnknown { hidden = weights[2] }
        }
        var (time, batch): (Dimension, Dimension) = (.unknown, .unknown)
        if let sequence = inputs.dimensions(0) {
            guard sequence.count == 3 else { throw .shape("a sequence \(sequence) is not of rank 3") }
            (time, batch) = isBatchFirst ? (sequence[1], sequence[0]) : (sequence[0], sequence[1])
        }
        let count = Dimension(directions)
        let all = isBatchFirst ? [batch, time, count, hidden] : [time, count, batch, hidden]
        let last = isBatchFirst ? [batch, count, hidden] : [count, batch, hidden]
        return [.tensor(maybe: type, all)] + (0..<states).map { _ in .tensor(maybe: type, last) }
    }

    /// Reads and checks the inputs all recurrent operators have.
    package func sequence<Element: RealElement>(
        _ inputs: Inputs, of type: Element.Type, _ context: EvaluationContext
    ) throws(ComputeError) -> RecurrentSequence<Element> {
        try RecurrentSequence(
            inputs, gates: gates, directions: directions, isBatchFirst: isBatchFirst, hidden: hiddenSize,
            context)
    }

    /// The number bounded by the clip.
    package func clipped<Element: RealElement>(_ value: Element) -> Element {
        guard let clip else { return value }
        return min(max(value, -Element(clip)), Element(clip))
    }
}

/// The sequence, weights and states of one evaluation, in a layout of time, batch and features.
package struct RecurrentSequence<Element: RealElement> {
    /// The number of steps.
    package let time: Int
    /// The number of items.
    package let batch: Int
    /// The number of features of the state.
    package let hidden: Int
    /// The number of steps of every item.
    package let lengths: [Int]
    /// What multiplies.
    package let product: MatrixProduct
    private let gates: Int
    private let directions: Int
    private let isBatchFirst: Bool
    private let features: Int
    private let source: [Element]
    private let weights: [Element]
    private let recurrent: [Element]
    private let bias: [Element]?

    fileprivate init(
        _ inputs: Inputs, gates: Int, directions: Int, isBatchFirst: Bool, hidden: Int?, _ context: EvaluationContext
    ) throws(ComputeError) {
        let input = try inputs.tensor(0).shape
        let first = try inputs.tensor(1).shape
        let second = try inputs.tensor(2).shape
        guard input.rank == 3, second.rank == 3 else { throw .shape("a sequence \(input) with weights \(second)") }
        self.hidden = second[2]
        let (rows, overflow) = second[2].multipliedReportingOverflow(by: gates)
        guard !overflow, second == [directions, rows, second[2]], first == [directions, rows, input[2]],
            hidden == nil || hidden == second[2]
        else { throw .shape("weights \(first) and \(second) for \(gates) gates over a sequence \(input)") }
        (time, batch) = isBatchFirst ? (input[1], input[0]) : (input[0], input[1])
        features = input[2]
        self.gates = gates
        self.directions = directions
        self.isBatchFirst = isBatchFirst
        product = MatrixProduct(context)
        _ = try context.scratch([time, batch, gates, second[2]], of: Element.self)
        _ = try context.scratch([directions, batch, gates, second[2]], of: Element.self)
        source = try inputs.tensor(0).array(of: Element.self)
        weights = try inputs.tensor(1).reals(as: Element.self)
        recurrent = try inputs.tensor(2).reals(as: Element.self)
        bias = try inputs.optionalTensor(3)?.reals(as: Element.self)
        if let bias, bias.count != directions * 2 * rows { throw .shape("a bias of \(bias.count) for \(rows) rows") }
        if let given = try inputs.optionalTensor(4) {
            let numbers = try given.integers()
            let limit = time
            guard numbers.count == batch, numbers.allSatisfy({ $0 >= 0 && $0 <= limit }) else {
                throw .value("sequence lengths \(numbers) for \(batch) items of \(limit) steps")
            }
            lengths = numbers
        } else {
            lengths = [Int](repeating: time, count: batch)
        }
    }

    /// An initial state, one row per direction and item; zeros where the input is absent.
    package func state(_ inputs: Inputs, _ index: Int) throws(ComputeError) -> [Element] {
        guard let tensor = try inputs.optionalTensor(index) else {
            return [Element](repeating: 0, count: directions * batch * hidden)
        }
        let expected: Shape = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
        guard tensor.shape == expected else { throw .shape("a state \(tensor.shape), expected \(expected)") }
        let values = try tensor.reals(as: Element.self)
        return isBatchFirst ? transposed(values, batch, directions) : values
    }

    /// A tensor of a state with one row per direction and item.
    package func stateTensor(_ values: [Element]) throws(ComputeError) -> Tensor {
        isBatchFirst
            ? try Tensor(transposed(values, directions, batch), shape: [batch, directions, hidden])
            : try Tensor(values, shape: [directions, batch, hidden])
    }

    private func transposed(_ values: [Element], _ rows: Int, _ columns: Int) -> [Element] {
        var result = values
        for index in values.indices {
            let (row, column) = (index / hidden / columns, index / hidden % columns)
            result[(column * rows + row) * hidden + index % hidden] = values[index]
        }
        return result
    }

    /// The shape of all states along time.
    package var shape: Shape {
        isBatchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden]
    }

    /// Where in all states those of a step begin.
    package func position(time step: Int, direction: Int, item: Int) -> Int {
        isBatchFirst
            ? ((item * time + step) * directions + direction) * hidden
            : ((step * directions + direction) * batch + item) * hidden
    }

    /// The part every step's input has in its gates, with the input's bias and, on request, the state's.
    package func inputGates(direction: Int, biasGates: Int) -> [Element] {
        let rows = gates * hidden
        var result = [Element](repeating: 0, count: time * batch * rows)
        if let bias {
            let start = direction * 2 * rows
            for index in result.indices {
                let row = index % rows
                result[index] = bias[start + row] + (row < biasGates * hidden ? bias[start + rows + row] : 0)
            }
        }
        var target = result.mutableSpan
        product.accumulate(
            rows: time * batch, columns: rows, depth: features, source.span, MatrixPlace(rowStride: features),
            weights.span, MatrixPlace(at: direction * rows * features, rowStride: features).transposed, into: &target,
            MatrixPlace(rowStride: rows))
        return result
    }

    /// Where the gates of a step of an item begin in what ``inputGates(direction:biasGates:)`` returns.
    package func gatePosition(time step: Int, item: Int) -> Int {
        (isBatchFirst ? item * time + step : step * batch + item) * gates * hidden
    }

    /// The bias of the state's part of a gate.
    package func stateBias(direction: Int, gate: Int, _ index: Int) -> Element {
        bias.map { $0[(direction * 2 * gates + gates + gate) * hidden + index] } ?? 0
    }

    /// Adds the part a state of one row per item has in some of the gates.
    package func addStateGates(
        _ state: [Element], direction: Int, gates range: Range<Int>, into result: inout [Element]
    ) {
        let columns = range.count * hidden
        let start = (direction * gates + range.lowerBound) * hidden * hidden
        var target = result.mutableSpan
        product.accumulate(
            rows: batch, columns: columns, depth: hidden, state.span, MatrixPlace(rowStride: hidden), recurrent.span,
            MatrixPlace(at: start, rowStride: hidden).transposed, into: &target, MatrixPlace(rowStride: columns))
    }

    /// The step an item reads at a turn, or nil where its sequence has ended.
    package func step(_ turn: Int, item: Int, isReversed: Bool) -> Int? {
        guard turn < lengths[item] else { return nil }
        return isReversed ? lengths[item] - 1 - turn : turn
    }
}
