// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Runs a subgraph over the slices of its inputs and puts the slices it makes together.
package struct ScanOperator: Operator {
    package static let schema = Schema("Scan", since: 8, inputs: .atLeast(1), outputs: .atLeast(1))

    private let body: [ValueType]
    private let isBatched: Bool
    private let scanCount: Int
    private let stateCount: Int
    private let inputAxes: [Int]
    private let inputDirections: [Int]
    private let outputAxes: [Int]
    private let outputDirections: [Int]

    package init(_ node: NodeReader) throws(ComputeError) {
        let graph = try node.graph("body")
        body = graph.outputs.map(\.type)
        isBatched = node.opset < 9
        scanCount = try node.integer("num_scan_inputs")
        let inputCount = node.inputCount - (isBatched ? 1 : 0)
        stateCount = inputCount &- scanCount
        guard scanCount >= 1, stateCount >= 0, graph.inputs.count == inputCount, body.count >= stateCount else {
            throw .attribute("the body takes \(graph.inputs.count) and makes \(body.count) values")
        }
        let madeCount = body.count - stateCount
        inputAxes = try ScanOperator.list(node, "scan_input_axes", scanCount)
        outputAxes = try ScanOperator.list(node, "scan_output_axes", madeCount)
        inputDirections = try ScanOperator.list(node, isBatched ? "directions" : "scan_input_directions", scanCount)
        outputDirections = try ScanOperator.list(node, "scan_output_directions", madeCount)
    }

    private static func list(_ node: NodeReader, _ name: String, _ count: Int) throws(ComputeError) -> [Int] {
        let values = try node.optionalIntegers(name) ?? [Int](repeating: 0, count: count)
        guard values.count == count else {
            throw .attribute("attribute '\(name)' has \(values.count) of \(count) values")
        }
        return values
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if isBatched { return [] }
        var length = Dimension.unknown
        for index in 0..<scanCount {
            if let sizes = inputs.dimensions(stateCount + index),
                let axis = try? normalizedAxis(inputAxes[index], rank: sizes.count)
            {
                length = length.refined(by: sizes[axis])
            }
        }
        return body.enumerated().map { index, declared in
            if index < stateCount {
                return InferredValue(declared.declaration(or: inputs.known(index)?.type ?? .unknown))
            }
            let slice = declared.declaration(or: declared)
            return InferredValue(slice.stacked(axis: outputAxes[index - stateCount], length: length))
        }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        if isBatched { return try evaluateBatch(inputs, into: &outputs) }
        var states: [Datum] = []
        for index in 0..<stateCount { states.append(try inputs.datum(index)) }
        var scanned: [Tensor] = []
        for index in 0..<scanCount { scanned.append(try inputs.tensor(stateCount + index)) }
        let made = try scan(&states, scanned, length: nil, in: outputs.context)
        for (index, state) in states.enumerated() { outputs.set(index, datum: state) }
        for (index, tensor) in made.enumerated() { outputs.set(stateCount + index, tensor) }
    }

    /// Runs over one sequence, or the first steps of it, and returns what was put together.
    private func scan(
        _ states: inout [Datum], _ scanned: [Tensor], length: Int?, in context: EvaluationContext
    ) throws(ComputeError) -> [Tensor] {
        var axes: [Int] = []
        for (tensor, axis) in zip(scanned, inputAxes) { axes.append(try tensor.shape.axis(axis)) }
        let count = length ?? scanned[0].shape[axes[0]]
        for (tensor, axis) in zip(scanned, axes) where length == nil && tensor.shape[axis] != count {
            throw .shape("scanned inputs have lengths \(count) and \(tensor.shape[axis])")
        }
        var parts = [[Tensor]](repeating: [], count: body.count - stateCount)
        var keptByteCount = 0
        for step in 0..<count {
            if context.isCancelled() { throw ComputeError(.cancelled, "cancelled in step \(step) of a scan") }
            var slices: [Datum] = []
            for (index, tensor) in scanned.enumerated() {
                let position = inputDirections[index] == 0 ? step : count - 1 - step
                slices.append(.tensor(try tensor.slice(position, axis: axes[index], in: context)))
            }
            let results = try context.run("body", states + slices)
            guard results.count == body.count else { throw .value("the body made \(results.count) values") }
            states = Array(results.prefix(stateCount))
            for index in parts.indices {
                let part = try results[stateCount + index].requiredTensor("a scanned value")
                keptByteCount += part.byteCount + 64
                parts[index].append(part)
            }
            try context.budget?.checkRoom(for: keptByteCount)
        }
        var made: [Tensor] = []
        for (index, slices) in parts.enumerated() {
            let ordered = outputDirections[index] == 0 ? slices : slices.reversed()
            made.append(
                slices.isEmpty
                    ? try Tensor.emptyStack(of: body[stateCount + index], axis: outputAxes[index], in: context)
                    : try Tensor.stack(ordered, axis: outputAxes[index], in: context))
        }
        return made
    }

    /// Version 8: the first axis is a batch, the second is scanned, and lengths may differ.
    private func evaluateBatch(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let context = outputs.context
        var sources: [Tensor] = []
        for index in 0..<(stateCount + scanCount) { sources.append(try inputs.tensor(index + 1)) }
        guard let last = sources.last, last.shape.rank >= 2 else { throw .shape("a scanned input has no batch axis") }
        let batch = last.shape[0]
        let longest = last.shape[1]
        for (index, source) in sources.enumerated() {
            guard source.shape.rank >= (index < stateCount ? 1 : 2), source.shape[0] == batch,
                index < stateCount || source.shape[1] == longest
            else { throw .shape("\(source) does not fit a batch of \(batch) sequences of \(longest)") }
        }
        guard batch <= 1 << 24 else { throw .limit("a batch of \(batch) sequences") }
        let lengths = try inputs.optionalIntegers(0) ?? [Int](repeating: longest, count: batch)
        guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 <= longest }) else {
            throw .value("the sequence lengths do not fit \(batch) sequences of \(longest)")
        }
        var results = [[Tensor]](repeating: [], count: body.count)
        for member in 0..<batch {
            var slices: [Tensor] = []
            for source in sources { slices.append(try source.slice(member, axis: 0, in: context)) }
            var states = slices.prefix(stateCount).map { Datum.tensor($0) }
            let made = try scan(&states, Array(slices.dropFirst(stateCount)), length: lengths[member], in: context)
            for (index, state) in states.enumerated() { results[index].append(try state.requiredTensor("a state")) }
            for (index, tensor) in made.enumerated() {
                var shape = tensor.shape
                shape[0] = longest
                let offsets = [Int](repeating: 0, count: shape.rank)
                results[stateCount + index].append(
                    try Pad.place(tensor, at: offsets, in: shape, filler: nil, context))
            }
        }
        for (index, parts) in results.enumerated() {
            outputs.set(
                index,
                parts.isEmpty
                    ? try Tensor.emptyStack(of: body[index], axis: 0, in: context)
                    : try Tensor.stack(parts, axis: 0, in: context))
        }
    }
}
