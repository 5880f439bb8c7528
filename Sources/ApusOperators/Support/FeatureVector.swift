// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// One number for each index of the last axis of a tensor.
package struct FeatureVector: Sendable {
    private let values: [Float]

    /// - Throws: ``ComputeError`` with code `shape` when the vector does not fit the tensor.
    package init(_ vector: Tensor, for tensor: Tensor) throws(ComputeError) {
        guard vector.shape.rank == 1, let width = tensor.shape.dimensions.last, width == vector.shape[0] else {
            throw .shape("\(vector) does not fit the last axis of \(tensor)")
        }
        values = try vector.array(of: Float.self)
    }

    /// The number for the element at a position of the tensor.
    @inline(__always)
    package subscript(_ position: Int) -> Float { values[position % values.count] }
}
