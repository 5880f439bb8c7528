// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

extension Array where Element == InferredValue? {
    /// The elements of an integer input of rank 0 or 1, as numbers or expressions.
    func elements(_ index: Int) -> [Dimension]? {
        guard let fact = known(index) else { return nil }
        if let elements = fact.elements { return elements }
        guard let constant = fact.constant, constant.shape.rank <= 1,
            constant.elementCount <= InferredValue.elementLimit, let integers = try? constant.integers()
        else { return nil }
        return integers.map { Dimension($0) }
    }

    /// The number of elements of an input of rank 1, which stands for a rank; nothing where no rank can be so high.
    func length(_ index: Int) -> Int? {
        guard let dimensions = dimensions(index), dimensions.count == 1, let count = dimensions[0].value,
            (0...InferredValue.elementLimit).contains(count)
        else { return nil }
        return count
    }
}

extension InferredValue {
    /// The most elements that are followed as expressions.
    static var elementLimit: Int { 1024 }

    /// A tensor of known elements (rank 0 or 1), which is a constant when every element is a number.
    static func integers(_ elementType: ElementType, _ elements: [Dimension], rank: Int = 1) -> InferredValue {
        var value = InferredValue.tensor(elementType, rank == 0 ? [] : [Dimension(elements.count)])
        guard elements.count <= elementLimit, rank == 1 || elements.count == 1 else { return value }
        value.elements = elements
        let numbers = elements.compactMap(\.value)
        if elementType == .int64, numbers.count == elements.count {
            value.constant = try? Tensor(numbers.map { Int64($0) }, shape: rank == 0 ? [] : [numbers.count])
        }
        return value
    }

    /// The same elements under another shape, as far as they are followed.
    func reshaped(_ elementType: ElementType, _ dimensions: [Dimension]?, elements: [Dimension]?) -> InferredValue {
        var value = InferredValue.tensor(elementType, dimensions)
        if let dimensions, dimensions.count <= 1 { value.elements = elements }
        if let constant, let shape = value.type.shape { value.constant = try? constant.reshaped(to: shape) }
        return value
    }
}

extension Dimension {
    /// The size two sizes broadcast to; unknown where that depends on more than is known.
    static func broadcasting(_ left: Dimension, _ right: Dimension) -> Dimension {
        if left == right, !left.isUnknown { return left }
        if left.value == 1 { return right }
        if right.value == 1 { return left }
        if left.value != nil { return left }
        if right.value != nil { return right }
        return .unknown
    }

    /// The sizes two shapes broadcast to.
    static func broadcasting(_ left: [Dimension], _ right: [Dimension]) -> [Dimension] {
        let rank = max(left.count, right.count)
        let first = [Dimension](repeating: 1, count: rank - left.count) + left
        let second = [Dimension](repeating: 1, count: rank - right.count) + right
        return zip(first, second).map { broadcasting($0, $1) }
    }

    /// The more precise of two descriptions of one size.
    func refined(by other: Dimension) -> Dimension {
        value != nil || other.isUnknown ? self : other.value != nil || isUnknown ? other : self
    }
}

/// The product of sizes; unknown when one is.
func product(_ dimensions: some Sequence<Dimension>) -> Dimension { dimensions.reduce(1, *) }

/// The axis counted from the front, from one that may count from the back.
func normalizedAxis(_ axis: Int, rank: Int) throws(ComputeError) -> Int {
    guard axis >= -rank, axis < rank else { throw .shape("axis \(axis) is outside the rank \(rank)") }
    return axis < 0 ? axis + rank : axis
}

/// Axes counted from the front.
///
/// - Throws: ``ComputeError`` with code `shape` when one is outside the rank or named twice.
func normalizedAxes(_ axes: [Int], rank: Int) throws(ComputeError) -> [Int] {
    var result: [Int] = []
    for axis in axes {
        let position = try normalizedAxis(axis, rank: rank)
        guard !result.contains(position) else { throw .shape("axis \(axis) is named twice") }
        result.append(position)
    }
    return result
}

extension Inputs {
    /// The integers of an input, unless a list is given already.
    func integers(_ index: Int, unless given: [Int]? = nil) throws(ComputeError) -> [Int] {
        if let given { return given }
        return try tensor(index).integers()
    }

    /// The integers of an input, or nil where it is absent.
    func optionalIntegers(_ index: Int) throws(ComputeError) -> [Int]? {
        isPresent(index) ? try tensor(index).integers() : nil
    }
}

extension Tensor {
    /// The elements of an integer tensor in place, for lists that are mostly short.
    func shortIntegers() throws(ComputeError) -> ShortList<Int> {
        guard elementType == .int64 else { return ShortList(try integers()) }
        let span = try elements(of: Int64.self)
        var result = ShortList<Int>()
        for index in span.indices { result.append(Int(span[index])) }
        return result
    }
}

extension Tensor {
    /// The elements of a floating-point tensor in place, for lists that are mostly short.
    func shortFloats() throws(ComputeError) -> ShortList<Float> {
        guard elementType == .float32 else { return ShortList(try reals(as: Float.self)) }
        let span = try elements(of: Float.self)
        var result = ShortList<Float>()
        for index in span.indices { result.append(span[index]) }
        return result
    }
}

extension Inputs {
    /// The integers of an input in place, unless a list is given already.
    func shortIntegers(_ index: Int, unless given: [Int]? = nil) throws(ComputeError) -> ShortList<Int> {
        if let given { return ShortList(given) }
        return try tensor(index).shortIntegers()
    }

    /// The integers of an input in place, or nil where it is absent.
    func optionalShortIntegers(_ index: Int) throws(ComputeError) -> ShortList<Int>? {
        isPresent(index) ? try tensor(index).shortIntegers() : nil
    }
}

/// Axes counted from the front, in place.
///
/// - Throws: ``ComputeError`` with code `shape` when one is outside the rank or named twice.
func normalizedAxes(_ axes: ShortList<Int>, rank: Int) throws(ComputeError) -> ShortList<Int> {
    var result = ShortList<Int>()
    for axis in axes {
        let position = try normalizedAxis(axis, rank: rank)
        guard !result.contains(position) else { throw .shape("axis \(axis) is named twice") }
        result.append(position)
    }
    return result
}
