// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Which way a running total goes, and whether it leaves out the element itself.
package struct CumulativeDirection: Sendable {
    /// Whether it runs from the last element to the first.
    package let isReversed: Bool
    /// Whether an element is left out of its own total.
    package let isExclusive: Bool

    /// Reads `reverse` and `exclusive`.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        isReversed = try node.flag("reverse")
        isExclusive = try node.flag("exclusive")
    }
}

/// An operator that accumulates elements along an axis.
package protocol CumulativeOperator: Operator {
    /// The total of nothing.
    static var neutral: Int64 { get }
    /// The direction.
    var direction: CumulativeDirection { get }
    /// The total of two.
    func apply<Element: Number>(_ left: Element, _ right: Element) -> Element
}

extension CumulativeOperator {
    package static var widensHalf: Bool { true }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axis = try source.shape.axis(try inputs.tensor(1).scalarInteger())
        switch source.elementType {
        case .float32: try accumulate(Float.self, source, axis, into: &outputs)
        case .float64: try accumulate(Double.self, source, axis, into: &outputs)
        case .int8: try accumulate(Int8.self, source, axis, into: &outputs)
        case .int16: try accumulate(Int16.self, source, axis, into: &outputs)
        case .int32: try accumulate(Int32.self, source, axis, into: &outputs)
        case .int64: try accumulate(Int64.self, source, axis, into: &outputs)
        case .uint8: try accumulate(UInt8.self, source, axis, into: &outputs)
        case .uint16: try accumulate(UInt16.self, source, axis, into: &outputs)
        case .uint32: try accumulate(UInt32.self, source, axis, into: &outputs)
        case .uint64: try accumulate(UInt64.self, source, axis, into: &outputs)
        default: throw .elementType("\(Self.schema.name) takes numbers, the input is \(source)")
        }
    }

    private func accumulate<Element: Number>(
        _ type: Element.Type, _ source: Tensor, _ axis: Int, into outputs: inout Outputs
    ) throws(ComputeError) {
        let length = source.shape[axis]
        let step = source.shape.strides[axis]
        let elements = try source.elements(of: Element.self)
        try outputs.write(0, of: Element.self, source.shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            for block in stride(from: 0, to: target.count, by: length * step) {
                for start in block..<(block + step) {
                    var total = Element(casting: Self.neutral)
                    for count in 0..<length {
                        let position = start + (direction.isReversed ? length - 1 - count : count) * step
                        let next = apply(total, elements[position])
                        target[position] = direction.isExclusive ? total : next
                        total = next
                    }
                }
            }
        }
    }
}
