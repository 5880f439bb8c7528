// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A numeric tensor as the classic machine-learning operators see it: rows of features.
package struct FeatureMatrix<Value: TensorElement & BinaryFloatingPoint> {
    /// The number of samples; a vector is one sample.
    package let rows: Int
    /// The number of features of each sample.
    package let columns: Int
    /// The features, row by row.
    package let values: [Value]

    package init(_ tensor: Tensor) throws(ComputeError) {
        let shape = tensor.shape
        guard shape.rank == 1 || shape.rank == 2 else {
            throw .shape("expected a vector or a matrix of features, the input is \(tensor)")
        }
        rows = shape.rank == 1 ? 1 : shape[0]
        columns = shape[shape.rank - 1]
        values = try tensor.numbers(as: Value.self)
    }
}

extension Tensor {
    /// The elements of a tensor of ordinary numbers as floating-point numbers.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for types the classic machine-learning operators do not take.
    package func numbers<Value: TensorElement & BinaryFloatingPoint>(
        as type: Value.Type
    ) throws(ComputeError) -> [Value] {
        switch elementType {
        case .float32, .float64, .int32, .int64: return try cast(to: Value.elementType).array(of: Value.self)
        default: throw .elementType("expected f32, f64, i32 or i64, the tensor is \(self)")
        }
    }
}

extension InferredValue {
    /// The number of samples of a feature matrix of this type, unknown where its rank is.
    package var sampleCount: Dimension {
        guard let dimensions = type.dimensions, !dimensions.isEmpty else { return .unknown }
        return dimensions.count == 1 ? 1 : dimensions[0]
    }
}
