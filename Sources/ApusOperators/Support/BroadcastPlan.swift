// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// How up to three tensors are read together under the shape they broadcast to: rows of equal steps.
///
/// Within a row an operand either moves by one element or stays where it is.
package struct BroadcastPlan {
    /// The shape of the result.
    package let shape: Shape
    /// The elements of one row.
    package let rowLength: Int
    /// For each operand, whether it moves along a row (1) or stays (0).
    package let steps: [Int]
    /// The number of rows.
    package let rowCount: Int
    private let sizes: [Int]
    private let strides: [[Int]]
    private var position: [Int]
    private var offsets: [Int]

    /// The offset of the first operand's row.
    package var first: Int { offsets[0] }
    /// The offset of the second operand's row.
    package var second: Int { offsets[1] }
    /// The offset of the third operand's row.
    package var third: Int { offsets[2] }

    /// Plans reading tensors of these shapes under the shape they all broadcast to.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when they do not broadcast.
    package init(_ operands: [Shape]) throws(ComputeError) {
        var shape = Shape.scalar
        for operand in operands { shape = try shape.broadcast(with: operand) }
        let count = try shape.checkedElementCount()
        self.shape = shape
        let steps = operands.map { $0.strides(broadcastTo: shape) }
        var sizes: [Int] = []
        var strides = [[Int]](repeating: [], count: operands.count)
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            let merges = sizes.last.map { size in
                operands.indices.allSatisfy { steps[$0][axis] == (strides[$0].last ?? 0) &* size }
            }
            if merges == true {
                sizes[sizes.count - 1] *= shape[axis]
                continue
            }
            sizes.append(shape[axis])
            for operand in operands.indices { strides[operand].append(steps[operand][axis]) }
        }
        rowLength = count == 0 ? 0 : sizes.first ?? 1
        rowCount = count == 0 ? 0 : count / (sizes.first ?? 1)
        self.steps = strides.map { $0.first ?? 0 }
        self.sizes = Array(sizes.dropFirst())
        self.strides = strides.map { Array($0.dropFirst()) }
        position = [Int](repeating: 0, count: Swift.max(0, sizes.count - 1))
        offsets = [Int](repeating: 0, count: operands.count)
    }

    /// Moves to a row, counted from the first.
    private mutating func seek(_ row: Int) {
        var rest = row
        for operand in offsets.indices { offsets[operand] = 0 }
        for axis in sizes.indices {
            position[axis] = rest % sizes[axis]
            rest /= sizes[axis]
            for operand in offsets.indices { offsets[operand] += strides[operand][axis] * position[axis] }
        }
    }

    /// Calls the body for every piece of a row in a range of the result's elements.
    ///
    /// It is given where the piece begins in the result, its length, and the plan at the piece's row with the place
    /// within that row.
    @inline(__always)
    package func forEachPiece(in range: Range<Int>, _ body: (Int, Int, BroadcastPlan, Int) -> Void) {
        guard !range.isEmpty, rowLength > 0 else { return }
        var plan = self
        var (row, within) = range.lowerBound.quotientAndRemainder(dividingBy: rowLength)
        plan.seek(row)
        var start = range.lowerBound
        while true {
            let count = Swift.min(rowLength - within, range.upperBound - start)
            body(start, count, plan, within)
            start += count
            if start == range.upperBound { return }
            within = 0
            row += 1
            plan.advance()
        }
    }

    /// Moves to the next row.
    package mutating func advance() {
        for axis in sizes.indices {
            position[axis] += 1
            if position[axis] < sizes[axis] {
                for operand in offsets.indices { offsets[operand] += strides[operand][axis] }
                return
            }
            position[axis] = 0
            for operand in offsets.indices { offsets[operand] -= strides[operand][axis] * (sizes[axis] - 1) }
        }
    }
}
