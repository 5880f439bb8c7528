// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// How the second operand lines up with the first before operator set 7: at an axis, where broadcasting is allowed.
package struct LegacyAlignment: Sendable {
    private let axis: Int?

    /// Reads `broadcast` and `axis` of a node older than operator set 7; later ones line up at the end.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        guard node.opset < 7, try node.flag("broadcast") else {
            axis = nil
            return
        }
        axis = try node.optionalInteger("axis")
    }

    /// The second operand with sizes of 1 behind its own, so that it lines up at the end.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the axis does not fit.
    package func aligned(_ right: Tensor, to left: Shape) throws(ComputeError) -> Tensor {
        let missing = try missingRank(left.rank, right.shape.rank)
        return missing == 0
            ? right : try right.reshaped(to: Shape(right.shape.dimensions + [Int](repeating: 1, count: missing)))
    }

    /// The second operand's sizes with 1 behind them, so that they line up at the end.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the axis does not fit.
    package func aligned(_ right: [Dimension], to left: [Dimension]) throws(ComputeError) -> [Dimension] {
        right + [Dimension](repeating: 1, count: try missingRank(left.count, right.count))
    }

    private func missingRank(_ left: Int, _ right: Int) throws(ComputeError) -> Int {
        guard var axis else { return 0 }
        if axis < 0 { axis = axis &+ left }
        guard axis >= 0, axis <= left, right <= left - axis else {
            throw .shape("an operand of rank \(right) does not line up at axis \(axis) of one of rank \(left)")
        }
        return left - axis - right
    }
}
