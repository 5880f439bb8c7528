// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Keeps one triangle of every matrix in a batch and zeroes the rest.
package struct Trilu: Operator {
    package static let schema = Schema("Trilu", since: 14, inputs: 1...2)

    private let keepsUpper: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        keepsUpper = try node.flag("upper", default: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let rank = inputs.dimensions(0)?.count, rank < 2 {
            throw .shape("Trilu needs a matrix, the input has rank \(rank)")
        }
        return [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank >= 2 else { throw .shape("Trilu needs a matrix, the input is \(source)") }
        var diagonal = 0
        if let tensor = try inputs.optionalTensor(1) { diagonal = try tensor.scalarInteger() }
        let rows = source.shape[source.shape.rank - 2]
        let columns = source.shape[source.shape.rank - 1]
        diagonal = min(max(diagonal, -rows - 1), columns + 1)
        var canvas = try Canvas(source.elementType, source.shape, in: outputs.context, cleared: true)
        if canvas.elementCount > 0 {
            let count = canvas.elementCount / (rows * columns)
            for row in 0..<rows {
                let border = row + diagonal
                let first = keepsUpper ? min(max(border, 0), columns) : 0
                let last = keepsUpper ? columns : min(max(border + 1, 0), columns)
                let start = row * columns + first
                let steps = ShortList(rows * columns, 1)
                try canvas.copy(
                    source,
                    Block(
                        sizes: ShortList(count, last - first), sourceStart: start, sourceSteps: steps,
                        targetStart: start,
                        targetSteps: steps))
            }
        }
        outputs.set(0, try canvas.finish())
    }
}
