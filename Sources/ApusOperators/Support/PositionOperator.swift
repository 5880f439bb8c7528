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
        let elements = try source.elements(of: Element.self)
        try outputs.write(0, of: Int64.self, shape) { (target) throws(ComputeError) in
            for index in target.indices {
                let start = index / step * step * length + index % step
                var best = elements[start]
                var position = 0
                for candidate in 0..<length where best == best {
                    let value = elements[start + candidate * step]
                    if isBetter(value, than: best) || value != value || (search.takesLast && value == best) {
                        best = value
                        position = candidate
                    }
                }
                target[index] = Int64(position)
            }
        }
    }
}
