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
    package let steps: InlineArray<3, Int>
    /// The number of rows.
    package let rowCount: Int
    private let operandCount: Int
    private let sizes: ShortList<Int>
    private let strides: InlineArray<3, ShortList<Int>>
    private var position: ShortList<Int>
    private var offsets: InlineArray<3, Int>

    /// The offset of the first operand's row.
    package var first: Int { offsets[0] }
    /// The offset of the second operand's row.
    package var second: Int { offsets[1] }
    /// The offset of the third operand's row.
    package var third: Int { offsets[2] }

    /// Plans reading tensors of two shapes under the shape they broadcast to.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when they do not broadcast.
    package init(_ first: Shape, _ second: Shape) throws(ComputeError) {
        try self.init(try first.broadcast(with: second), [first, second, .scalar], count: 2)
    }

    /// Plans reading tensors of three shapes under the shape they broadcast to.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when they do not broadcast.
    package init(_ first: Shape, _ second: Shape, _ third: Shape) throws(ComputeError) {
        try self.init(try first.broadcast(with: second).broadcast(with: third), [first, second, third], count: 3)
    }

    private init(_ shape: Shape, _ operands: InlineArray<3, Shape>, count operandCount: Int) throws(ComputeError) {
        let count = try shape.checkedElementCount()
        self.shape = shape
        self.operandCount = operandCount
        var steps = InlineArray<3, ShortList<Int>>(repeating: [])
        for operand in 0..<operandCount { steps[operand] = operands[operand].steps(broadcastTo: shape) }
        var sizes = ShortList<Int>()
        var strides = InlineArray<3, ShortList<Int>>(repeating: [])
        for axis in stride(from: shape.rank - 1, through: 0, by: -1) where shape[axis] != 1 {
            if let size = sizes.last {
                var merges = true
                for operand in 0..<operandCount where merges {
                    merges = steps[operand][axis] == (strides[operand].last ?? 0) &* size
                }
                if merges {
                    sizes[sizes.count - 1] *= shape[axis]
                    continue
                }
            }
            sizes.append(shape[axis])
            for operand in 0..<operandCount { strides[operand].append(steps[operand][axis]) }
        }
        rowLength = count == 0 ? 0 : sizes.first ?? 1
        rowCount = count == 0 ? 0 : count / (sizes.first ?? 1)
        var first = InlineArray<3, Int>(repeating: 0)
        if sizes.count > 0 {
            sizes.removeFirst()
            for operand in 0..<operandCount { first[operand] = strides[operand].removeFirst() }
        }
        self.steps = first
        self.sizes = sizes
        self.strides = strides
        position = ShortList(repeating: 0, count: sizes.count)
        offsets = InlineArray(repeating: 0)
    }

    /// Moves to a row, counted from the first.
    private mutating func seek(_ row: Int) {
        var rest = row
        for operand in 0..<operandCount { offsets[operand] = 0 }
        for axis in sizes.indices {
            position[axis] = rest % sizes[axis]
            rest /= sizes[axis]
            for operand in 0..<operandCount { offsets[operand] += strides[operand][axis] * position[axis] }
        }
    }

    /// Where the operands of a piece of a row begin.
    package struct Places {
        /// The place in the first operand.
        package fileprivate(set) var first = 0
        /// The place in the second operand.
        package fileprivate(set) var second = 0
        /// The place in the third operand.
        package fileprivate(set) var third = 0

        fileprivate mutating func move(_ steps: Places, times count: Int = 1) {
            first &+= steps.first &* count
            second &+= steps.second &* count
            third &+= steps.third &* count
        }
    }

    private func places(_ values: InlineArray<3, Int>) -> Places {
        Places(first: values[0], second: values[1], third: values[2])
    }

    /// Calls the body for every piece of a row in a range of the result's elements.
    ///
    /// It is given where the piece begins in the result, its length, and where it begins in the operands.
    @inline(__always)
    package func forEachPiece(in range: Range<Int>, _ body: (Int, Int, Places) -> Void) {
        guard !range.isEmpty, rowLength > 0 else { return }
        let within = places(steps)
        let jump = Places(
            first: strides[0].first ?? 0, second: strides[1].first ?? 0, third: strides[2].first ?? 0)
        let lineLength = sizes.first ?? 1
        var plan = self
        var (row, skipped) = range.lowerBound.quotientAndRemainder(dividingBy: rowLength)
        var start = range.lowerBound
        while start < range.upperBound {
            plan.seek(row)
            var place = places(plan.offsets)
            var linePosition = row % lineLength
            row += lineLength - linePosition
            place.move(within, times: skipped)
            while linePosition < lineLength, start < range.upperBound {
                let count = Swift.min(rowLength - skipped, range.upperBound - start)
                body(start, count, place)
                if skipped > 0 {
                    place.move(within, times: -skipped)
                    skipped = 0
                }
                place.move(jump)
                start += count
                linePosition += 1
            }
        }
    }

    /// Moves to the next row.
    package mutating func advance() {
        for axis in sizes.indices {
            position[axis] += 1
            if position[axis] < sizes[axis] {
                for operand in 0..<operandCount { offsets[operand] += strides[operand][axis] }
                return
            }
            position[axis] = 0
            for operand in 0..<operandCount { offsets[operand] -= strides[operand][axis] * (sizes[axis] - 1) }
        }
    }
}
