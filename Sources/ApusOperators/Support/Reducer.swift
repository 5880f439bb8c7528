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
        } else if reducesBlock {
            reduceBlocks(method, elements, into: &target)
        } else {
            reduceRows(method, elements, into: &target)
        }
    }

    private func reduceBlocks<Method: Reducer>(
        _ method: Method.Type, _ source: Span<Method.Element>, into target: inout MutableSpan<Method.Element>
    ) {
        for index in target.indices {
            var state = Method.initial
            var (second, third, fourth) = (Method.initial, Method.initial, Method.initial)
            let base = keptOffsets[index]
            for block in 0..<reducedOffsets.count {
                let start = base &+ reducedOffsets[block]
                var position = 0
                // SAFETY: blocks lie inside the shape the walk was made for.
                while position &+ 4 <= blockLength {
                    unsafe Method.add(source[unchecked: start &+ position], to: &state)
                    unsafe Method.add(source[unchecked: start &+ position &+ 1], to: &second)
                    unsafe Method.add(source[unchecked: start &+ position &+ 2], to: &third)
                    unsafe Method.add(source[unchecked: start &+ position &+ 3], to: &fourth)
                    position = position &+ 4
                }
                while position < blockLength {
                    Method.add(source[start &+ position], to: &state)
                    position = position &+ 1
                }
            }
            Method.merge(second, into: &state)
            Method.merge(fourth, into: &third)
            Method.merge(third, into: &state)
            target[index] = Method.finish(state, count: count)
        }
    }

    private func reduceRows<Method: Reducer>(
        _ method: Method.Type, _ source: Span<Method.Element>, into target: inout MutableSpan<Method.Element>
    ) {
        var states = [Method.State](repeating: Method.initial, count: blockLength)
        for row in 0..<keptOffsets.count {
            for index in 0..<blockLength { states[index] = Method.initial }
            let base = keptOffsets[row]
            for block in 0..<reducedOffsets.count {
                let start = base &+ reducedOffsets[block]
                // SAFETY: blocks lie inside the shape the walk was made for.
                for index in 0..<blockLength {
                    unsafe Method.add(source[unchecked: start &+ index], to: &states[index])
                }
            }
            for index in 0..<blockLength {
                target[row * blockLength + index] = Method.finish(states[index], count: count)
            }
        }
    }
}
