// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// One matrix of 8-bit weights that real numbers are quantized to meet.
package struct QuantizedWeights {
    private let values: [Int16]
    private let scales: [Float]
    private let inner: Int
    private let columns: Int

    /// Takes one direction's matrix out of a stack of input × output weights.
    ///
    /// - Throws: ``ComputeError`` with code `shape`.
    package init(
        _ weights: Tensor, _ scale: Tensor, _ zeroPoint: Tensor, direction: Int
    ) throws(ComputeError) {
        let shape = weights.shape
        guard shape.rank == 3, direction < shape[0] else { throw .shape("weights \(weights)") }
        (inner, columns) = (shape[1], shape[2])
        let perColumn = scale.shape.rank == 2
        guard scale.elementCount == shape[0] * (perColumn ? columns : 1),
            zeroPoint.elementCount == shape[0] || zeroPoint.elementCount == shape[0] * columns
        else { throw .shape("scale \(scale) and zero point \(zeroPoint) do not fit the weights \(weights)") }
        let all = try scale.scales()
        let width = perColumn ? columns : 1
        scales = Array(all[(direction * width)..<((direction + 1) * width)])
        let zeros = try zeroPoint.zeroPoints()
        let zeroWidth = zeros.count / max(shape[0], 1)
        let own = Array(zeros[(direction * zeroWidth)..<((direction + 1) * zeroWidth)])
        let plain = try weights.centred()
        let size = inner * columns
        values = (0..<size).map { plain[direction * size + $0] &- Int16(truncatingIfNeeded: own[$0 % own.count]) }
    }

    /// The product of rows of real numbers, quantized together, with the matrix.
    package func multiply(_ rows: [Float], count: Int) -> [Float] {
        let quantization = DynamicQuantization(rows.span)
        var sums = [Int32](repeating: 0, count: count * columns)
        IntegerProduct.add(
            quantization.centred(rows.span), at: 0, values, at: 0, rows: count, inner: inner, columns: columns,
            into: &sums, at: 0, stride: columns)
        return sums.indices.map { index in
            Float(sums[index]) * (quantization.scale * scales[scales.count == 1 ? 0 : index % columns])
        }
    }
}
