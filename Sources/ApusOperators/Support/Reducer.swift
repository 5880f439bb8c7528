// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// A way to reduce many numbers to one.
package protocol Reducer {
    /// What is reduced, and the result.
    associatedtype Element: Number
    /// What is remembered on the way.
    associatedtype State
    /// What is remembered of nothing.
    static var initial: State { get }
    /// Takes in one more number.
    static func add(_ element: Element, to state: inout State)
    /// Takes in what was remembered of other numbers.
    static func merge(_ other: State, into state: inout State)
    /// The result for so many numbers.
    static func finish(_ state: State, count: Int) -> Element
}

extension ReductionWalk {
    /// Reduces the elements of a tensor into those of the result.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`.
    package func reduce<Method: Reducer>(
        _ method: Method.Type, _ source: Tensor, into target: inout MutableSpan<Method.Element>
    ) throws(ComputeError) where Method.Element: TensorElement {
        let elements = try source.elements(of: Method.Element.self)
        if target.count == 0 { return }
        if elements.count == 0 {
            for index in target.indices { target[index] = Method.finish(Method.initial, count: 0) }
            return
        }
        // SAFETY: both hold the elements of the shapes the walk was made for.
        let from = unsafe UnsafePointer(source.baseAddress.assumingMemoryBound(to: Method.Element.self))
        unsafe target.withUnsafeMutableBufferPointer { buffer in
            guard let to = buffer.baseAddress else { return }
            if !reducesBlock {
                unsafe reduceRows(method, from, into: to)
            } else if buffer.count == 1, reducedOffsets.count == 1 {
                unsafe to[0] = Method.finish(reduceLine(method, from), count: count)
            } else {
                unsafe reduceBlocks(method, from, count: buffer.count, into: to)
            }
        }
    }

    private func spread(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
        if let workers {
            workers.spread(count, cost: cost, body)
        } else if count > 0 {
            body(0..<count)
        }
    }

    /// The numbers taken in side by side, so that none waits for the one before it.
    private static var laneCount: Int { 16 }

    /// Reduces neighbouring elements.
    @unsafe
    @inline(__always)
    private func taking<Method: Reducer>(
        _ method: Method.Type, _ source: UnsafePointer<Method.Element>, _ length: Int, into state: inout Method.State
    ) {
        var position = 0
        // SAFETY: the caller's promise that there are that many elements.
        if length >= 2 &* ReductionWalk.laneCount {
            var lanes = InlineArray<16, Method.State>(repeating: Method.initial)
            while position &+ ReductionWalk.laneCount <= length {
                for lane in 0..<ReductionWalk.laneCount {
                    unsafe Method.add(source[position &+ lane], to: &lanes[unchecked: lane])
                }
                position = position &+ ReductionWalk.laneCount
            }
            for lane in 0..<ReductionWalk.laneCount { Method.merge(lanes[lane], into: &state) }
        }
        while position < length {
            unsafe Method.add(source[position], to: &state)
            position = position &+ 1
        }
    }

    /// Elements that are reduced together; the same whatever the number of threads, so that results are too.
    private static var pieceLength: Int { 1 << 16 }

    /// Reduces everything to one.
    @unsafe
    private func reduceLine<Method: Reducer>(
        _ method: Method.Type, _ source: UnsafePointer<Method.Element>
    ) -> Method.State {
        let length = ReductionWalk.pieceLength
        let pieces = (blockLength + length - 1) / length
        var results = [Method.State](repeating: Method.initial, count: pieces)
        unsafe results.withUnsafeMutableBufferPointer { results in
            guard let result = results.baseAddress else { return }
            spread(pieces, cost: length) { range in
                for piece in range {
                    var state = Method.initial
                    let start = piece * length
                    // SAFETY: pieces lie inside the block, which is the whole tensor.
                    unsafe taking(method, source + start, min(length, blockLength - start), into: &state)
                    unsafe result[piece] = state
                }
            }
        }
        var total = results[0]
        for result in results.dropFirst() { Method.merge(result, into: &total) }
        return total
    }

    @unsafe
    private func reduceBlocks<Method: Reducer>(
        _ method: Method.Type, _ source: UnsafePointer<Method.Element>, count targetCount: Int,
        into target: UnsafeMutablePointer<Method.Element>
    ) {
        let blocks = reducedOffsets.count
        spread(targetCount, cost: blocks &* blockLength) { range in
            for index in range {
                var state = Method.initial
                let base = keptOffsets[index]
                for block in 0..<blocks {
                    // SAFETY: blocks lie inside the shape the walk was made for.
                    unsafe taking(method, source + (base &+ reducedOffsets[block]), blockLength, into: &state)
                }
                unsafe target[index] = Method.finish(state, count: count)
            }
        }
    }

    /// Reduces neighbouring columns together, so that memory is read in order.
    @unsafe
    private func reduceRows<Method: Reducer>(
        _ method: Method.Type, _ source: UnsafePointer<Method.Element>,
        into target: UnsafeMutablePointer<Method.Element>
    ) {
        let width = min(blockLength, 512)
        let tiles = (blockLength + width - 1) / width
        spread(keptOffsets.count &* tiles, cost: reducedOffsets.count &* width) { range in
            var states = [Method.State](repeating: Method.initial, count: width)
            unsafe states.withUnsafeMutableBufferPointer { states in
                guard let state = states.baseAddress else { return }
                for tile in range {
                    let (row, column) = tile.quotientAndRemainder(dividingBy: tiles)
                    let first = column &* width
                    let length = min(width, blockLength &- first)
                    for index in 0..<length { unsafe state[index] = Method.initial }
                    let base = keptOffsets[row] &+ first
                    for block in 0..<reducedOffsets.count {
                        // SAFETY: blocks lie inside the shape the walk was made for.
                        let from = unsafe source + (base &+ reducedOffsets[block])
                        for index in 0..<length { unsafe Method.add(from[index], to: &state[index]) }
                    }
                    let to = unsafe target + (row &* blockLength &+ first)
                    for index in 0..<length { unsafe to[index] = Method.finish(state[index], count: count) }
                }
            }
        }
    }
}
