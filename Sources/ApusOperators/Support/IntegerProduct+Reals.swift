// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension IntegerProduct {
    /// Sums as real numbers, with a scale for all or each column and an optional bias per column.
    package static func reals(
        _ sums: [Int32], _ shape: ProductShape, leftScale: Float, rightScales: Tensor, bias: Tensor?
    ) throws(ComputeError) -> [Float] {
        let scales = try rightScales.scales()
        let offsets = try bias?.array(of: Float.self) ?? []
        let columns = shape.columns
        let stacked = columns > 0 ? scales.count / columns : 0
        guard scales.count == 1 || scales.count == columns || stacked == shape.right.count,
            offsets.isEmpty || offsets.count == columns
        else { throw .shape("\(scales.count) scales and \(offsets.count) biases for \(columns) columns") }
        var result: [Float] = []
        result.reserveCapacity(sums.count)
        let matrix = max(shape.rows * columns, 1)
        for index in sums.indices {
            let column = index % columns
            let place = scales.count == 1 ? 0 : scales.count == columns ? column : index / matrix * columns + column
            let value = Float(sums[index]) * (leftScale * scales[place])
            result.append(offsets.isEmpty ? value : value + offsets[column])
        }
        return result
    }
}
