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

    /// Takes in neighbouring elements, four at a time.
    @unsafe
    @inline(__always)
    private func take<Method: Reducer>(
        _ method: Method.Type, _ source: UnsafePointer<Method.Element>, _ length: Int,
        _ states: inout (Method.State, Method.State, Method.State, Method.State)
    ) {
        var position = 0
        // SAFETY: the caller's promise that there are that many elements.
        while position &+ 4 <= length {
            unsafe Method.add(source[position], to: &states.0)
            unsafe Method.add(source[position &+ 1], to: &states.1)
            unsafe Method.add(source[position &+ 2], to: &states.2)
            unsafe Method.add(source[position &+ 3], to: &states.3)
            position = position &+ 4
        }
        while position < length {
            unsafe Method.add(source[position], to: &states.0)
            position = position &+ 1
        }
    }

    private func merged<Method: Reducer>(
        _ method: Method.Type, _ states: (Method.State, Method.State, Method.State, Method.State)
    ) -> Method.State {
        var (first, third) = (states.0, states.2)
        Method.merge(states.1, into: &first)
        Method.merge(states.3, into: &third)
        Method.merge(third, into: &first)
        return first
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
                    var states = (Method.initial, Method.initial, Method.initial, Method.initial)
                    let start = piece * length
                    // SAFETY: pieces lie inside the block, which is the whole tensor.
                    unsafe take(method, source + start, min(length, blockLength - start), &states)
                    unsafe result[piece] = merged(method, states)
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
        spread(targetCount, cost: reducedOffsets.count &* blockLength) { range in
            for index in range {
                var states = (Method.initial, Method.initial, Method.initial, Method.initial)
                let base = keptOffsets[index]
                for block in 0..<reducedOffsets.count {
                    // SAFETY: blocks lie inside the shape the walk was made for.
                    unsafe take(method, source + (base &+ reducedOffsets[block]), blockLength, &states)
                }
                unsafe target[index] = Method.finish(merged(method, states), count: count)
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
            for tile in range {
                let (row, column) = tile.quotientAndRemainder(dividingBy: tiles)
                let first = column &* width
                let length = min(width, blockLength &- first)
                for index in 0..<length { states[index] = Method.initial }
                let base = keptOffsets[row] &+ first
                for block in 0..<reducedOffsets.count {
                    // SAFETY: blocks lie inside the shape the walk was made for.
                    let from = unsafe source + (base &+ reducedOffsets[block])
                    for index in 0..<length { unsafe Method.add(from[index], to: &states[index]) }
                }
                let to = unsafe target + (row &* blockLength &+ first)
                for index in 0..<length { unsafe to[index] = Method.finish(states[index], count: count) }
            }
        }
    }
}
