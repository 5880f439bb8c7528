// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The determinant of every square matrix of a stack.
package struct Det: RealOperator {
    package static let schema = Schema("Det", since: 11, inputs: 1...1)
    package static var refusesVastEmptyTensors: Bool { false }

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        guard dimensions.count >= 2 else { throw .shape("Det needs a matrix, the input has rank \(dimensions.count)") }
        return [.tensor(elementType, Array(dimensions.dropLast(2)))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        guard shape.rank >= 2, shape[shape.rank - 1] == shape[shape.rank - 2] else {
            throw .shape("Det needs square matrices, the input is \(source)")
        }
        let size = shape[shape.rank - 1]
        let elements = try source.elements(of: Element.self)
        try outputs.write(0, of: Element.self, Shape(shape.dimensions.dropLast(2))) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            var matrix = [Double](repeating: 0, count: size * size)
            for index in target.indices {
                for position in matrix.indices { matrix[position] = Double(elements[index * size * size + position]) }
                target[index] = Element(Det.eliminate(&matrix, size))
            }
        }
    }

    /// The product of the pivots of Gaussian elimination, the largest of each column taken first.
    private static func eliminate(_ matrix: inout [Double], _ size: Int) -> Double {
        var result = 1.0
        for column in 0..<size {
            var pivot = column
            for row in column..<size
            where matrix[row * size + column].magnitude > matrix[pivot * size + column].magnitude {
                pivot = row
            }
            let value = matrix[pivot * size + column]
            if value == 0 { return 0 }
            if pivot != column {
                result = -result
                for index in 0..<size { matrix.swapAt(pivot * size + index, column * size + index) }
            }
            result *= value
            for row in (column + 1)..<max(size, column + 1) {
                let factor = matrix[row * size + column] / value
                for index in column..<size { matrix[row * size + index] -= factor * matrix[column * size + index] }
            }
        }
        return result
    }
}
