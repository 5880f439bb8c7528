// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusKernels
package import ApusTensors

/// Queries, keys or values as heads: which element belongs to which head, place and feature.
package struct HeadLayout: Sendable, Hashable {
    /// The number of items.
    package var batch: Int
    /// The number of heads.
    package var heads: Int
    /// The number of places along the sequence.
    package var length: Int
    /// The number of features of one head.
    package var features: Int
    private var isPacked: Bool

    /// Reads a shape of batch, heads, sequence and features, or of batch, sequence and heads side by side.
    package init(_ shape: Shape, heads: Int?, _ name: String) throws(ComputeError) {
        guard shape.allSatisfy({ $0 <= 1 << 31 }) else { throw .limit("\(name) is \(shape)") }
        batch = shape.first ?? 0
        if shape.rank == 4 {
            self.heads = shape[1]
            length = shape[2]
            features = shape[3]
            isPacked = false
        } else {
            guard shape.rank == 3, let heads, heads > 0, heads <= 1 << 31, shape[2] % heads == 0 else {
                throw .shape("\(name) is \(shape) for \(heads ?? 0) heads")
            }
            self.heads = heads
            length = shape[1]
            features = shape[2] / heads
            isPacked = true
        }
    }

    /// Where the matrix of one head begins and how its rows follow each other.
    package func place(item: Int, head: Int) -> MatrixPlace {
        if isPacked {
            return MatrixPlace(
                at: item * length * heads * features + head * features, rowStride: heads * features)
        }
        return MatrixPlace(at: (item * heads + head) * length * features, rowStride: features)
    }

    /// The distances between items, heads and places.
    package var steps: HeadSteps {
        let size = length * features
        return isPacked
            ? HeadSteps(item: size * heads, head: features, place: heads * features)
            : HeadSteps(item: size * heads, head: size, place: features)
    }

    /// The shape of something with these heads, lying the same way.
    package var shape: Shape {
        isPacked ? [batch, length, heads * features] : [batch, heads, length, features]
    }
}
