// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// The index counted from the front, from one that may count from the back.
func normalizedIndex(_ index: Int, _ size: Int) throws(ComputeError) -> Int {
    guard index >= -size, index < size else { throw .value("index \(index) is outside the size \(size)") }
    return index < 0 ? index + size : index
}

/// Indices counted from the front.
func normalizedIndices(_ tensor: Tensor, _ size: Int) throws(ComputeError) -> [Int] {
    var indices = try tensor.integers()
    for position in indices.indices { indices[position] = try normalizedIndex(indices[position], size) }
    return indices
}

extension Tensor {
    /// Calls the body with every integer and its position.
    ///
    /// - Throws: What the body throws, or as ``integers()``.
    func forEachInteger(_ body: (_ position: Int, _ value: Int) throws(ComputeError) -> Void) throws(ComputeError) {
        switch elementType {
        case .int64:
            let span = try elements(of: Int64.self)
            for position in span.indices { try body(position, Int(span[position])) }
        case .int32:
            let span = try elements(of: Int32.self)
            for position in span.indices { try body(position, Int(span[position])) }
        default:
            let list = try integers()
            for position in list.indices { try body(position, list[position]) }
        }
    }
}

/// The flat positions of elements picked along one axis: one index per element of an index tensor.
func elementPositions(_ indices: Tensor, in shape: Shape, axis: Int) throws(ComputeError) -> [Int] {
    guard indices.shape.rank == shape.rank else {
        throw .shape("indices \(indices.shape) and data \(shape) differ in rank")
    }
    for other in shape.indices where other != axis && indices.shape[other] > shape[other] {
        throw .shape("indices \(indices.shape) reach outside the data \(shape)")
    }
    var positions = try normalizedIndices(indices, shape[axis])
    let steps = shape.strides
    var counters = [Int](repeating: 0, count: shape.rank)
    var base = 0
    for position in positions.indices {
        positions[position] = base + positions[position] * steps[axis]
        var other = shape.rank - 1
        while other >= 0 {
            counters[other] += 1
            if other != axis { base += steps[other] }
            if counters[other] < indices.shape[other] { break }
            if other != axis { base -= steps[other] * counters[other] }
            counters[other] = 0
            other -= 1
        }
    }
    return positions
}

/// The flat starts of slices addressed by the last axis of an index tensor, after leading axes both share.
func slicePositions(_ indices: Tensor, in shape: Shape, batchAxes: Int) throws(ComputeError) -> (
    starts: [Int], run: Int
) {
    guard let length = indices.shape.dimensions.last, batchAxes >= 0, batchAxes < indices.shape.rank,
        batchAxes + length <= shape.rank
    else { throw .shape("indices \(indices.shape) do not address \(shape) after \(batchAxes) shared axes") }
    for axis in 0..<batchAxes where indices.shape[axis] != shape[axis] {
        throw .shape("indices \(indices.shape) and data \(shape) differ on the shared axis \(axis)")
    }
    let steps = shape.strides
    let run = shape.dimensions[(batchAxes + length)...].reduce(1, &*)
    let batchStep = shape.dimensions[batchAxes...].reduce(1, &*)
    let batches = indices.shape.dimensions[..<batchAxes].reduce(1, &*)
    guard length > 0 || indices.shape.dimensions.dropLast().reduce(1, &*) <= 1 << 24 else {
        throw .limit("\(indices.shape) addresses of nothing")
    }
    let tuples = indices.shape.dimensions[batchAxes..<(indices.shape.rank - 1)].reduce(1, &*)
    let values = try indices.integers()
    var starts: [Int] = []
    starts.reserveCapacity(batches * tuples)
    for tuple in 0..<batches * tuples {
        var start = tuple / tuples * batchStep
        for axis in 0..<length {
            let index = try normalizedIndex(values[tuple * length + axis], shape[batchAxes + axis])
            start += index * steps[batchAxes + axis]
        }
        starts.append(start)
    }
    return (starts, run)
}
