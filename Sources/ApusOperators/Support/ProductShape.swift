// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// How two stacks of matrices are multiplied by NumPy's rules.
package struct ProductShape: Sendable {
    package let rows: Int
    package let inner: Int
    package let columns: Int
    /// The product's shape; a vector on one side loses its dimension again.
    package let output: Shape
    /// For every product, which matrix of the left stack it reads.
    package let left: [Int]
    /// For every product, which matrix of the right stack it reads.
    package let right: [Int]

    /// - Throws: ``ComputeError`` with code `shape`.
    package init(_ left: Shape, _ right: Shape) throws(ComputeError) {
        guard left.rank >= 1, right.rank >= 1 else { throw .shape("\(left) and \(right) cannot be multiplied") }
        let wideLeft = left.rank == 1 ? Shape([1] + left.dimensions) : left
        let wideRight = right.rank == 1 ? Shape(right.dimensions + [1]) : right
        rows = wideLeft[wideLeft.rank - 2]
        inner = wideLeft[wideLeft.rank - 1]
        columns = wideRight[wideRight.rank - 1]
        guard inner == wideRight[wideRight.rank - 2] else { throw .shape("\(left) and \(right) cannot be multiplied") }
        let leftStack = Shape(wideLeft.dimensions.dropLast(2))
        let rightStack = Shape(wideRight.dimensions.dropLast(2))
        let stack = try leftStack.broadcast(with: rightStack)
        var dimensions = stack.dimensions
        if left.rank > 1 { dimensions.append(rows) }
        if right.rank > 1 { dimensions.append(columns) }
        output = Shape(dimensions)
        self.left = ProductShape.positions(leftStack, stack)
        self.right = ProductShape.positions(rightStack, stack)
        guard try output.checkedElementCount() <= 1 << 32 else { throw .limit("a product of \(output)") }
    }

    private static func positions(_ shape: Shape, _ wider: Shape) -> [Int] {
        let own = shape.strides(broadcastTo: wider)
        let steps = wider.strides
        return (0..<wider.elementCount).map { index in
            wider.indices.reduce(0) { $0 + index / steps[$1] % wider[$1] * own[$1] }
        }
    }

    /// The product's sizes, as far as they can be said.
    ///
    /// - Throws: ``ComputeError`` with code `shape` where known sizes do not fit.
    package static func infer(_ left: [Dimension]?, _ right: [Dimension]?) throws(ComputeError) -> [Dimension]? {
        guard let left, let right else { return nil }
        guard !left.isEmpty, !right.isEmpty else { throw .shape("a scalar cannot be multiplied as a matrix") }
        let inner = left[left.count - 1]
        let other = right.count == 1 ? right[0] : right[right.count - 2]
        if let first = inner.value, let second = other.value, first != second {
            throw .shape("matrices of \(first) columns and \(second) rows cannot be multiplied")
        }
        var result: [Dimension] = []
        let leftStack = left.dropLast(2)
        let rightStack = right.dropLast(2)
        let rank = max(leftStack.count, rightStack.count)
        for axis in 0..<rank {
            let leftAxis = axis - (rank - leftStack.count)
            let rightAxis = axis - (rank - rightStack.count)
            result.append(
                try broadcast(leftAxis < 0 ? 1 : leftStack[leftAxis], rightAxis < 0 ? 1 : rightStack[rightAxis]))
        }
        if left.count > 1 { result.append(left[left.count - 2]) }
        if right.count > 1 { result.append(right[right.count - 1]) }
        return result
    }

    /// The size two sizes broadcast to.
    ///
    /// - Throws: ``ComputeError`` with code `shape` where both are known and do not fit.
    package static func broadcast(_ left: Dimension, _ right: Dimension) throws(ComputeError) -> Dimension {
        if left == right || right.value == 1 { return left }
        if left.value == 1 { return right }
        switch (left.value, right.value) {
        case (let first?, let second?): throw .shape("sizes \(first) and \(second) do not broadcast")
        case (_?, nil): return left
        case (nil, _?): return right
        case (nil, nil): return .unknown
        }
    }

    /// The shape two shapes broadcast to, as far as it can be said.
    ///
    /// - Throws: ``ComputeError`` with code `shape` where known sizes do not fit.
    package static func broadcast(
        _ left: [Dimension]?, _ right: [Dimension]?
    ) throws(ComputeError) -> [Dimension]? {
        guard let left, let right else { return nil }
        let rank = max(left.count, right.count)
        var result: [Dimension] = []
        for axis in 0..<rank {
            let leftAxis = axis - (rank - left.count)
            let rightAxis = axis - (rank - right.count)
            result.append(try broadcast(leftAxis < 0 ? 1 : left[leftAxis], rightAxis < 0 ? 1 : right[rightAxis]))
        }
        return result
    }
}
