// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Copies what windows see into a matrix of one row per channel and tap and one column per window, and back.
package struct PatchMatrix {
    /// The way of the window along every spatial dimension.
    package let windows: [WindowAxis]
    /// The number of taps of one channel.
    package let tapCount: Int
    /// The number of elements of one channel of the windowed side.
    package let planeCount: Int
    /// The number of windows along all dimensions but the last.
    package let rowCount: Int
    /// The number of windows along the last dimension.
    package let rowLength: Int
    private let last: WindowAxis
    private let outer: [WindowAxis]
    private let outerStrides: [Int]

    /// Takes one or more spatial dimensions; none counts as one window over one element.
    package init(_ windows: [WindowAxis]) {
        let all = windows.isEmpty ? [WindowAxis.single] : windows
        self.windows = all
        tapCount = all.reduce(1) { $0 &* $1.kernel }
        planeCount = all.reduce(1) { $0 &* $1.input }
        rowCount = all.dropLast().reduce(1) { $0 &* $1.output }
        last = all[all.count - 1]
        rowLength = last.output
        outer = Array(all.dropLast())
        var strides = [Int](repeating: 0, count: all.count - 1)
        var step = last.input
        for axis in strides.indices.reversed() {
            strides[axis] = step
            step = step &* outer[axis].input
        }
        outerStrides = strides
    }

    /// Whether every window sees exactly the element at its own place.
    package var isIdentity: Bool {
        windows.allSatisfy { $0.kernel == 1 && $0.stride == 1 && $0.padBegin == 0 && $0.input == $0.output }
    }

    /// Where a tap of a row of windows starts in the plane, or nil where it lies in padding.
    @inline(__always)
    private func start(row: Int, tap: Int) -> Int? {
        var restRow = row
        var restTap = tap / last.kernel
        var offset = 0
        for axis in outer.indices.reversed() {
            let window = outer[axis]
            let position = window.position(restRow % window.output, tap: restTap % window.kernel)
            guard position >= 0, position < window.input else { return nil }
            restRow /= window.output
            restTap /= window.kernel
            offset &+= position &* outerStrides[axis]
        }
        return offset
    }

    /// A block of windows: some rows, and of each the same columns.
    package struct Block {
        /// The rows, counted over all dimensions but the last.
        package var rows: Range<Int>
        /// The places along the last dimension.
        package var columns: Range<Int>
        /// The number of windows.
        package var count: Int { rows.count * columns.count }
    }

    /// Splits the windows into blocks of no more than the given number where a block of one window allows it.
    package func blocks(limit: Int) -> [Block] {
        guard rowLength > 0, rowCount > 0 else { return [] }
        if rowLength <= limit {
            let step = max(1, limit / rowLength)
            return stride(from: 0, to: rowCount, by: step).map {
                Block(rows: $0..<min($0 + step, rowCount), columns: 0..<rowLength)
            }
        }
        let step = max(1, limit)
        return (0..<rowCount).flatMap { row in
            stride(from: 0, to: rowLength, by: step).map {
                Block(rows: row..<row + 1, columns: $0..<min($0 + step, rowLength))
            }
        }
    }

    /// Copies rows of windows of several channels; the matrix has `rows.count * rowLength` columns.
    package func gather<Element: BitwiseCopyable>(
        _ source: Span<Element>, at base: Int, channels: Int, rows: Range<Int>, padding: Element,
        into target: inout MutableSpan<Element>
    ) {
        let block = Block(rows: rows, columns: 0..<rowLength)
        gather(source, at: base, channels: channels, block, padding: padding, into: &target)
    }

    /// Copies a block of windows of several channels into a matrix of one column per window.
    package func gather<Element: BitwiseCopyable>(
        _ source: Span<Element>, at base: Int, channels: Int, _ block: Block, padding: Element,
        into target: inout MutableSpan<Element>
    ) {
        var position = 0
        let (rows, columns) = (block.rows, block.columns)
        for channel in 0..<channels {
            for tap in 0..<tapCount {
                let lastTap = tap % last.kernel
                let inside = last.windows(tap: lastTap).clamped(to: columns)
                for row in rows {
                    guard let offset = start(row: row, tap: tap) else {
                        for index in 0..<columns.count { target[position &+ index] = padding }
                        position &+= columns.count
                        continue
                    }
                    for _ in columns.lowerBound..<inside.lowerBound {
                        target[position] = padding
                        position &+= 1
                    }
                    let place = last.position(inside.lowerBound, tap: lastTap)
                    var from = base &+ channel &* planeCount &+ offset &+ place
                    for _ in inside {
                        target[position] = source[from]
                        position &+= 1
                        from &+= last.stride
                    }
                    for _ in inside.upperBound..<columns.upperBound {
                        target[position] = padding
                        position &+= 1
                    }
                }
            }
        }
    }

    /// Adds the matrix's elements to the places they were seen at: the opposite of gathering.
    package func scatter<Element: RealElement>(
        _ source: Span<Element>, channels: Int, _ block: Block, into target: inout MutableSpan<Element>, at base: Int
    ) {
        var position = 0
        for channel in 0..<channels {
            for tap in 0..<tapCount {
                let lastTap = tap % last.kernel
                let inside = last.windows(tap: lastTap).clamped(to: block.columns)
                for row in block.rows {
                    defer { position &+= block.columns.count }
                    guard let offset = start(row: row, tap: tap) else { continue }
                    let place = last.position(inside.lowerBound, tap: lastTap)
                    var to = base &+ channel &* planeCount &+ offset &+ place
                    var from = position &+ inside.lowerBound &- block.columns.lowerBound
                    for _ in inside {
                        target[to] += source[from]
                        from &+= 1
                        to &+= last.stride
                    }
                }
            }
        }
    }

    /// Adds a channel's taps times their weights to its windows: a convolution without a matrix.
    package func accumulate<Element: RealElement>(
        _ source: Span<Element>, at base: Int, weights: Span<Element>, weightsAt first: Int,
        into target: inout MutableSpan<Element>, at targetBase: Int
    ) {
        for tap in 0..<tapCount {
            let weight = weights[first &+ tap]
            let lastTap = tap % last.kernel
            let inside = last.windows(tap: lastTap)
            for row in 0..<rowCount {
                guard let offset = start(row: row, tap: tap) else { continue }
                var from = base &+ offset &+ last.position(inside.lowerBound, tap: lastTap)
                let to = targetBase &+ row &* rowLength
                for index in inside {
                    target[to &+ index] += weight * source[from]
                    from &+= last.stride
                }
            }
        }
    }
}

extension WindowAxis {
    /// One window over one element.
    fileprivate static var single: WindowAxis {
        var window = WindowAxis(input: 1, kernel: 1)
        window.output = 1
        return window
    }
}
