// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Keeps one triangle of every matrix in a batch and zeroes the rest.
package struct Trilu: MovementOperator {
    package static let schema = Schema("Trilu", since: 14, inputs: 1...2)

    private let keepsUpper: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        keepsUpper = try node.flag("upper", default: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let rank = inputs[0]?.type.dimensions?.count, rank < 2 {
            throw .shape("Trilu needs a matrix, the input has rank \(rank)")
        }
        return [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func movedShape(_ inputs: Inputs) throws(ComputeError) -> Shape {
        let shape = try inputs.tensor(0).shape
        guard shape.rank >= 2 else { throw .shape("Trilu needs a matrix, the input is \(shape)") }
        return shape
    }

    package func move<Pattern: BitPattern>(
        _ source: Span<Pattern>, _ shape: Shape, _ inputs: Inputs, into target: inout MutableSpan<Pattern>,
        _ targetShape: Shape
    ) throws(ComputeError) {
        let diagonal = try inputs.optionalTensor(1).map { (tensor) throws(ComputeError) in try tensor.scalarInteger() } ?? 0
        let rows = shape[shape.rank - 2]
        let columns = shape[shape.rank - 1]
        for index in source.indices {
            let row = Int64(index / columns % rows)
            let column = Int64(index % columns)
            let isAbove = column.subtractingReportingOverflow(row).partialValue
            let keeps = keepsUpper ? isAbove >= diagonal : isAbove <= diagonal
            target[index] = keeps ? source[index] : .zeroBits
        }
    }
}
