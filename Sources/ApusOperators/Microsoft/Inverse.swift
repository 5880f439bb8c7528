// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Inverts every matrix of a stack.
package struct Inverse: Operator {
    package static let schema = Schema("Inverse", domain: OperatorDomain.microsoft, inputs: 1...1)
    package static let widensHalf = true

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        guard shape.rank >= 2, shape[shape.rank - 1] == shape[shape.rank - 2] else {
            throw .shape("\(source) does not hold square matrices")
        }
        let size = shape[shape.rank - 1]
        var values = try source.numbers(as: Double.self)
        if size > 0 {
            for start in stride(from: 0, to: values.count, by: size * size) {
                let inverse = invert(Array(values[start..<(start + size * size)]), size)
                values.replaceSubrange(start..<(start + size * size), with: inverse)
            }
        }
        if source.elementType == .float64 {
            outputs.set(0, try Tensor(values, shape: shape))
        } else {
            outputs.set(0, try Tensor(values.map { Float($0) }, shape: shape))
        }
    }

    /// Eliminates by Gauss and Jordan with the largest pivot of each column.
    private func invert(_ matrix: [Double], _ size: Int) -> [Double] {
        var left = matrix
        var right = (0..<size * size).map { $0 / size == $0 % size ? 1.0 : 0.0 }
        for column in 0..<size {
            var pivot = column
            for row in column..<size where abs(left[row * size + column]) > abs(left[pivot * size + column]) {
                pivot = row
            }
            for index in 0..<size where pivot != column {
                left.swapAt(pivot * size + index, column * size + index)
                right.swapAt(pivot * size + index, column * size + index)
            }
            let divisor = left[column * size + column]
            for index in 0..<size {
                left[column * size + index] /= divisor
                right[column * size + index] /= divisor
            }
            for row in 0..<size where row != column {
                let factor = left[row * size + column]
                for index in 0..<size {
                    left[row * size + index] -= factor * left[column * size + index]
                    right[row * size + index] -= factor * right[column * size + index]
                }
            }
        }
        return right
    }
}
