// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Along which axis, and which of equal elements, a position is searched.
package struct PositionSearch: Sendable {
    private let axis: Int
    private let keeps: Bool
    /// Whether the last of equal elements counts, not the first.
    package let takesLast: Bool

    /// Reads `axis`, `keepdims` and `select_last_index`.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: 0)
        keeps = try node.flag("keepdims", default: true)
        takesLast = try node.flag("select_last_index")
    }

    /// The axis in a shape.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when it is outside the rank.
    package func axis(in shape: Shape) throws(ComputeError) -> Int { try shape.axis(axis) }

    /// The shape without the axis, or with 1 there.
    package func result(_ shape: Shape, _ axis: Int) -> Shape {
        var result = shape
        if keeps { result[axis] = 1 } else { result.dimensions.remove(at: axis) }
        return result
    }

    /// The type of the positions.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the axis is outside the rank.
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard var dimensions = inputs.dimensions(0) else { return [.tensor(.int64, nil)] }
        guard axis >= -dimensions.count, axis < dimensions.count else {
            throw .shape("axis \(axis) is outside the rank \(dimensions.count)")
        }
        let axis = axis < 0 ? axis + dimensions.count : axis
        if keeps { dimensions[axis] = 1 } else { dimensions.remove(at: axis) }
        return [.tensor(.int64, dimensions)]
    }
}

/// An operator that finds the position of the best element along an axis.
package protocol PositionOperator: Operator {
    /// Where it searches.
    var search: PositionSearch { get }
    /// Whether an element is to be preferred.
    func isBetter<Element: Number>(_ candidate: Element, than best: Element) -> Bool
}

extension PositionOperator {
    package static var widensHalf: Bool { true }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] { try search.infer(inputs) }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32: try find(Float.self, source, into: &outputs)
        case .float64: try find(Double.self, source, into: &outputs)
        case .int8: try find(Int8.self, source, into: &outputs)
        case .int16: try find(Int16.self, source, into: &outputs)
        case .int32: try find(Int32.self, source, into: &outputs)
        case .int64: try find(Int64.self, source, into: &outputs)
        case .uint8: try find(UInt8.self, source, into: &outputs)
        case .uint16: try find(UInt16.self, source, into: &outputs)
        case .uint32: try find(UInt32.self, source, into: &outputs)
        case .uint64: try find(UInt64.self, source, into: &outputs)
        default: throw .elementType("\(Self.schema.name) takes numbers, the input is \(source)")
        }
    }

    private func find<Element: Number>(
        _ type: Element.Type, _ source: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        let axis = try search.axis(in: source.shape)
        let length = source.shape[axis]
        let shape = search.result(source.shape, axis)
        guard length > 0 || shape.elementCount == 0 else {
            throw .shape("\(source) has no elements along axis \(axis)")
        }
        let step = source.shape.strides[axis]
        _ = try source.elements(of: Element.self)
        let result = try outputs.makeTensor(0, .int64, shape)
        // SAFETY: the source's shape is the result's with the axis, and every line below lies inside it.
        let (elements, target) = unsafe (
            UnsafePointer(source.baseAddress.assumingMemoryBound(to: Element.self)),
            result.baseAddress.assumingMemoryBound(to: Int64.self)
        )
        outputs.context.workers.spread(shape.elementCount, cost: 2 * length) { range in
            if step == 1 {
                for index in range {
                    unsafe target[index] = Int64(findLine(elements + index &* length, length))
                }
            } else {
                unsafe findLines(elements, length, step, range, target)
            }
        }
        outputs.set(0, result.finish())
    }

    @unsafe
    private func findLine<Element: Number>(_ line: UnsafePointer<Element>, _ length: Int) -> Int {
        // SAFETY: the caller's promise that the line has that many elements, at least one.
        var best = unsafe line[0]
        var position = 0
        for candidate in 0..<length where best == best {
            let value = unsafe line[candidate]
            if isBetter(value, than: best) || value != value || (search.takesLast && value == best) {
                best = value
                position = candidate
            }
        }
        return position
    }

    /// Searches neighbouring lines together, so that memory is read in order.
    @unsafe
    private func findLines<Element: Number>(
        _ elements: UnsafePointer<Element>, _ length: Int, _ step: Int, _ range: Range<Int>,
        _ target: UnsafeMutablePointer<Int64>
    ) {
        var index = range.lowerBound
        var best: [Element] = []
        while index < range.upperBound {
            let (block, column) = index.quotientAndRemainder(dividingBy: step)
            let count = Swift.min(step - column, range.upperBound - index, 512)
            // SAFETY: the caller's promise that all lines of the range lie inside the elements.
            let start = unsafe elements + (block &* step &* length &+ column)
            let to = unsafe target + index
            best.removeAll(keepingCapacity: true)
            for line in 0..<count {
                unsafe best.append(start[line])
                unsafe to[line] = 0
            }
            for candidate in 1..<Swift.max(length, 1) {
                let row = unsafe start + candidate &* step
                for line in 0..<count {
                    let value = unsafe row[line]
                    let old = best[line]
                    guard old == old else { continue }
                    if isBetter(value, than: old) || value != value || (search.takesLast && value == old) {
                        best[line] = value
                        unsafe to[line] = Int64(candidate)
                    }
                }
            }
            index += count
        }
    }
}
