// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Which axes a reduction takes away, from an attribute or from the second input.
package struct ReductionAxes: Sendable {
    private let axes: [Int]?
    private let keeps: Bool
    private let emptyMeansNone: Bool

    /// Reads `axes`, `keepdims` and `noop_with_empty_axes`.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        axes = try node.optionalIntegers("axes")
        keeps = try node.flag("keepdims", default: true)
        emptyMeansNone = try node.flag("noop_with_empty_axes")
    }

    /// For every axis of a rank whether it is reduced.
    ///
    /// - Throws: ``ComputeError`` with code `shape` for an axis outside the rank.
    private func reduced(_ rank: Int, _ given: [Int]?) throws(ComputeError) -> [Bool] {
        let chosen = given ?? axes ?? []
        guard !chosen.isEmpty else { return [Bool](repeating: !emptyMeansNone, count: rank) }
        var result = [Bool](repeating: false, count: rank)
        for axis in chosen {
            guard axis >= -rank, axis < rank else { throw .shape("axis \(axis) is outside the rank \(rank)") }
            result[axis < 0 ? axis + rank : axis] = true
        }
        return result
    }

    /// The walk over a tensor's elements and the shape of what remains.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or from reading the axes.
    package func walk(_ inputs: Inputs) throws(ComputeError) -> ReductionWalk {
        let shape = try inputs.tensor(0).shape
        let given = try inputs.optionalTensor(1).map { (tensor) throws(ComputeError) in try tensor.integers() }
        return ReductionWalk(shape, try reduced(shape.rank, given), keeps: keeps)
    }

    /// The type of the result.
    ///
    /// - Throws: ``ComputeError`` with code `shape` for an axis outside the rank.
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        var given: [Int]?
        if inputs.known(1) != nil {
            guard let integers = inputs.integers(1) else {
                return [.tensor(elementType, keeps ? dimensions.map { _ in .unknown } : nil)]
            }
            given = integers
        }
        let reduced = try reduced(dimensions.count, given)
        let result = dimensions.indices.compactMap { reduced[$0] ? keeps ? 1 : nil : dimensions[$0] }
        return [.tensor(elementType, result)]
    }

    /// The elements of a reduction of a small integer vector to one number.
    package func elements(
        _ inputs: [InferredValue?], _ combine: (Dimension, Dimension) -> Dimension
    ) -> [Dimension]? {
        guard inputs.elementType(0) == .int64 || inputs.elementType(0) == .int32, inputs.dimensions(0)?.count == 1,
            let elements = inputs.expressions(0), let first = elements.first
        else { return nil }
        let given = inputs.known(1) == nil ? axes ?? [] : inputs.integers(1)
        guard let given, !given.isEmpty || !emptyMeansNone else { return nil }
        let result = elements.dropFirst().reduce(first, combine)
        return result.isUnknown ? nil : [result]
    }
}

/// The order in which a reduction reads its input.
package struct ReductionWalk: Sendable {
    /// The shape of the result.
    package let shape: Shape
    /// The elements reduced to each element of the result.
    package let count: Int
    /// Where each row of results begins to read.
    let keptOffsets: StridedOffsets
    /// What is added to read the further blocks of one result.
    let reducedOffsets: StridedOffsets
    /// The elements of a contiguous block.
    let blockLength: Int
    /// Whether a block is reduced to one result, or is a row of results.
    let reducesBlock: Bool
    /// The threads to work with.
    var workers: WorkerPool?

    init(_ source: Shape, _ reduced: [Bool], keeps: Bool) {
        shape = Shape(source.indices.compactMap { reduced[$0] ? keeps ? 1 : nil : source[$0] })
        count = source.indices.reduce(1) { reduced[$1] ? $0 &* source[$1] : $0 }
        var sizes: [Int] = []
        var kinds: [Bool] = []
        for axis in source.indices where source[axis] != 1 {
            if kinds.last == reduced[axis] {
                sizes[sizes.count - 1] = sizes[sizes.count - 1] &* source[axis]
            } else {
                sizes.append(source[axis])
                kinds.append(reduced[axis])
            }
        }
        reducesBlock = kinds.last ?? true
        blockLength = sizes.last ?? 1
        let strides = Shape(sizes).strides
        let outer = sizes.indices.dropLast()
        keptOffsets = StridedOffsets(outer.filter { !kinds[$0] }.map { (sizes[$0], strides[$0]) })
        reducedOffsets = StridedOffsets(outer.filter { kinds[$0] }.map { (sizes[$0], strides[$0]) })
    }
}

/// The offsets of all positions of some dimensions, the last one fastest.
struct StridedOffsets: Sendable {
    private let axes: [(size: Int, stride: Int)]
    /// The number of offsets.
    let count: Int

    init(_ axes: [(Int, Int)]) {
        self.axes = axes.map { (size: $0.0, stride: $0.1) }
        count = axes.reduce(1) { $0 &* $1.0 }
    }

    subscript(index: Int) -> Int {
        if axes.count == 1 { return index &* axes[0].stride }
        var rest = index
        var offset = 0
        for axis in axes.reversed() {
            offset = offset &+ rest % axis.size &* axis.stride
            rest /= axis.size
        }
        return offset
    }
}
