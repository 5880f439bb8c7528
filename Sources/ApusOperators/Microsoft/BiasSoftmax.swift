// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// The softmax of a sum with a bias that repeats over rows.
package struct BiasSoftmax: Operator {
    package static let schema = Schema("BiasSoftmax", domain: OperatorDomain.microsoft, inputs: 2...2)
    package static let widensHalf = true

    private let axis: Int
    private let repeatsInside: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: 1)
        repeatsInside = try node.integer("is_inner_broadcast") != 0
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axis = try source.shape.axis(axis)
        let width = source.shape.dimensions[axis...].reduce(1, *)
        var values = try source.array(of: Float.self)
        let bias = try inputs.tensor(1).array(of: Float.self)
        let rows = width > 0 ? values.count / width : 0
        let biasRows = width > 0 ? bias.count / width : 0
        guard rows == 0 || (biasRows > 0 && bias.count == biasRows * width && rows % biasRows == 0) else {
            throw .shape("the bias \(try inputs.tensor(1)) does not fit \(source)")
        }
        for row in 0..<rows {
            let biasRow = repeatsInside ? row / (rows / biasRows) : row % biasRows
            let range = row * width..<(row + 1) * width
            for index in range { values[index] += bias[biasRow * width + index - row * width] }
            let highest = values[range].max() ?? 0
            var sum: Float = 0
            for index in range {
                values[index] = exp(values[index] - highest)
                sum += values[index]
            }
            for index in range { values[index] /= sum }
        }
        outputs.set(0, try Tensor(values, shape: source.shape))
    }
}
