// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors
import Glibc

/// Weighs values by how well their keys fit each query.
package struct HeadAttention {
    package var scale: Float
    package var softcap: Float = 0
    /// Logits that take part in the sum of each head's softmax but have no value; empty for none.
    package var sinks: [Float] = []
    /// Added to the scores: batch or 1, heads or 1, queries, keys.
    package var bias: Tensor?
    /// When scores are kept for ``keptScores``; nil keeps none.
    package var keptStage: ScoreStage?
    /// The number that stands for keys that do not count, where scores are kept before they are made probabilities.
    package var keptFiller: Float = 0
    /// The scores kept: batch, heads, queries, keys.
    package private(set) var keptScores: [Float] = []

    /// A moment in the life of scores.
    package enum ScoreStage: Sendable {
        case before
        case after
    }

    private let product: FloatProduct
    private let kernels: Kernels

    package init(scale: Float, _ context: EvaluationContext) {
        self.scale = scale
        product = FloatProduct(context)
        kernels = context.vectorKernels
    }

    /// Returns the weighted values, laid out batch, place, head, feature.
    ///
    /// `prepare` changes the scores of one query, given item and place, before they are made probabilities; it names
    /// the keys that count.
    package mutating func run(
        _ query: HeadStack, _ key: HeadStack, _ value: HeadStack,
        _ prepare: (inout ArraySlice<Float>, Int, Int) -> Range<Int>
    ) throws(ComputeError) -> [Float] {
        guard key.batch == query.batch, value.batch == query.batch, key.features == query.features,
            value.length == key.length, value.heads == key.heads, key.heads > 0, query.heads % key.heads == 0
        else { throw .shape("queries \(query.shape), keys \(key.shape) and values \(value.shape) do not fit") }
        let biases = try bias?.array(of: Float.self) ?? []
        let steps = try biasSteps(query, key)
        let width = query.heads * value.features
        var result = [Float](repeating: 0, count: query.batch * query.length * width)
        guard query.length > 0, key.length > 0 else { return result }
        if keptStage == nil, sinks.isEmpty, biases.isEmpty, query.features > 0, value.features > 0 {
            runFused(query, key, value, prepare, into: &result)
            return result
        }
        let shared = query.heads / key.heads
        for item in 0..<query.batch {
            for head in 0..<query.heads {
                var scores = product.multiply(
                    query.values, leftAt: query.start(item, head), key.values, rightAt: key.start(item, head / shared),
                    rows: query.length, depth: query.features, columns: key.length, transposesRight: true)
                for place in 0..<query.length {
                    let row = place * key.length
                    let biasRow: Int = item * steps[0] + head * steps[1] + place * steps[2]
                    for index in row..<(row + key.length) {
                        scores[index] *= scale
                        if softcap > 0 { scores[index] = softcap * tanh(scores[index] / softcap) }
                        if !biases.isEmpty { scores[index] += biases[biasRow + index - row] }
                    }
                    var slice = scores[row..<(row + key.length)]
                    let counted = prepare(&slice, item, place)
                    if keptStage == .before {
                        for index in 0..<key.length {
                            keptScores.append(
                                counted.contains(index) ? slice[slice.startIndex + index] : keptFiller)
                        }
                    }
                    softmax(&slice, counted, sink: sinks.isEmpty ? nil : sinks[head % sinks.count])
                    scores.replaceSubrange(row..<(row + key.length), with: slice)
                }
                if keptStage == .after { keptScores += scores }
                let weighted = product.multiply(
                    scores, value.values, rightAt: value.start(item, head / shared), rows: query.length,
                    depth: key.length, columns: value.features)
                for index in weighted.indices {
                    let row = item * query.length + index / value.features
                    let column = head * value.features + index % value.features
                    result[row * width + column] = weighted[index]
                }
            }
        }
        return result
    }

    /// Attends in one pass of a kernel, whose mask is what `prepare` makes of scores of 0.
    private func runFused(
        _ query: HeadStack, _ key: HeadStack, _ value: HeadStack,
        _ prepare: (inout ArraySlice<Float>, Int, Int) -> Range<Int>, into result: inout [Float]
    ) {
        var mask: [Float] = []
        mask.reserveCapacity(query.batch * query.length * key.length)
        var isMasked = false
        for item in 0..<query.batch {
            for place in 0..<query.length {
                var row = [Float](repeating: 0, count: key.length)[...]
                let counted = prepare(&row, item, place)
                for index in row.indices where !counted.contains(index) { row[index] = -.infinity }
                isMasked = isMasked || row.contains { $0 != 0 }
                mask += row
            }
        }
        var shape = AttentionShape(
            batch: query.batch, heads: query.heads, keyHeads: key.heads, queries: query.length, keys: key.length,
            depth: query.features, values: value.features, scale: scale)
        shape.softcap = softcap
        let maskSteps = HeadSteps(item: query.length * key.length, head: 0, place: key.length)
        let width = query.heads * value.features
        unsafe query.values.withUnsafeBufferPointer { q in
            unsafe key.values.withUnsafeBufferPointer { k in
                unsafe value.values.withUnsafeBufferPointer { v in
                    unsafe mask.withUnsafeBufferPointer { mask in
                        unsafe result.withUnsafeMutableBufferPointer { y in
                            guard let qs = q.baseAddress, let ks = k.baseAddress, let vs = v.baseAddress,
                                let ys = y.baseAddress
                            else { return }
                            // SAFETY: run compared the stacks; result has a row of all heads for each query.
                            unsafe kernels.attention(
                                shape, qs, query.steps, ks, key.steps, vs, value.steps,
                                mask: isMasked ? mask.baseAddress : nil, maskSteps: maskSteps, into: ys,
                                HeadSteps(item: query.length * width, head: value.features, place: width))
                        }
                    }
                }
            }
        }
    }

    private func biasSteps(_ query: HeadStack, _ key: HeadStack) throws(ComputeError) -> [Int] {
        guard let bias else { return [0, 0, 0] }
        let wanted = Shape(query.batch, query.heads, query.length, key.length)
        guard bias.shape.rank == 4, bias.shape[3] == key.length, try bias.shape.broadcast(with: wanted) == wanted
        else { throw .shape("the bias \(bias) does not fit scores of \(wanted)") }
        return Array(bias.shape.strides(broadcastTo: wanted).prefix(3))
    }

    /// Only the counted keys get a share.
    private func softmax(_ scores: inout ArraySlice<Float>, _ counted: Range<Int>, sink: Float?) {
        let first = scores.startIndex
        let range = (first + counted.lowerBound)..<(first + counted.upperBound)
        var highest = range.isEmpty ? 0 : scores[range].reduce(-Float.infinity) { max($0, $1) }
        if let sink { highest = max(highest, sink) }
        var sum: Float = sink.map { exp($0 - highest) } ?? 0
        for index in scores.indices {
            guard range.contains(index) else {
                scores[index] = 0
                continue
            }
            scores[index] = highest == -.infinity ? 0 : exp(scores[index] - highest)
            sum += scores[index]
        }
        guard sum > 0 else { return }
        for index in range { scores[index] /= sum }
    }
}
