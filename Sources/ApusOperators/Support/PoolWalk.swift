// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Walks the windows of a pool over one plane: which elements each window holds.
package struct PoolWalk {
    /// The way of the window along the last dimension.
    package let last: WindowAxis
    /// The number of windows along all dimensions but the last.
    package let rowCount: Int
    /// The number of elements of a plane.
    package let planeCount: Int
    /// The number of windows over a plane.
    package let windowCount: Int
    private let outer: [WindowAxis]
    private let strides: [Int]
    private let all: [WindowAxis]

    /// Takes one or more spatial dimensions.
    package init(_ windows: [WindowAxis]) {
        all = windows
        last = windows[windows.count - 1]
        outer = Array(windows.dropLast())
        strides = Shape(windows.map(\.input)).strides
        rowCount = outer.reduce(1) { $0 &* $1.output }
        planeCount = windows.reduce(1) { $0 &* $1.input }
        windowCount = rowCount &* last.output
    }

    /// Collects where in the plane the lines of a row of windows start that lie inside.
    package func lines(row: Int, into lines: inout [Int]) {
        lines.removeAll(keepingCapacity: true)
        lines.append(0)
        var rest = row
        var next: [Int] = []
        for axis in outer.indices.reversed() {
            let window = outer[axis]
            let place = rest % window.output
            rest /= window.output
            next.removeAll(keepingCapacity: true)
            for tap in window.taps(place) {
                let offset = window.position(place, tap: tap) &* strides[axis]
                for line in lines { next.append(line &+ offset) }
            }
            swap(&lines, &next)
        }
        lines.sort()
    }

    /// The number of taps of a window along all dimensions but the last that lie inside input and padding.
    package func paddedLines(row: Int) -> Int {
        var rest = row
        var count = 1
        for window in outer.reversed() {
            count &*= PoolWalk.paddedTaps(window, rest % window.output)
            rest /= window.output
        }
        return count
    }

    /// The number of taps of a window that lie inside input and padding.
    package static func paddedTaps(_ axis: WindowAxis, _ place: Int) -> Int {
        let room = axis.input + axis.padEnd - axis.position(place, tap: 0)
        return room <= 0 ? 0 : min(axis.kernel, (room + axis.dilation - 1) / axis.dilation)
    }

    /// The position in a plane as if its first dimension were the fastest.
    package func columnMajor(_ position: Int) -> Int {
        var rest = position
        var result = 0
        for window in all.reversed() {
            result = result &* window.input &+ rest % window.input
            rest /= window.input
        }
        return result
    }
}

/// What all pools with a sliding window share.
package struct PoolGeometry: Sendable {
    /// How the window slides.
    package let geometry: ConvolutionGeometry
    /// Whether a last window that is only partly inside counts.
    package let roundsUp: Bool
    private let kernel: [Int]

    /// Reads the window's attributes.
    package init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        roundsUp = try node.flag("ceil_mode")
        guard let kernel = geometry.kernel else { throw .attribute("attribute 'kernel_shape' is missing") }
        self.kernel = kernel
    }

    /// The windows over an input of batch, channel and space.
    package func windows(_ shape: Shape) throws(ComputeError) -> [WindowAxis] { Array(try axes(shape)) }

    /// The windows over an input of batch, channel and space, in place.
    package func axes(_ shape: Shape) throws(ComputeError) -> ShortList<WindowAxis> {
        guard shape.rank == kernel.count + 2, !kernel.isEmpty else {
            throw .shape("a window of \(kernel) does not pool \(shape)")
        }
        return try geometry.axes(input: ShortList(shape.dropFirst(2)), kernel: kernel, roundsUp: roundsUp)
    }

    /// The sizes of the output.
    package func infer(_ dimensions: [Dimension]?) throws(ComputeError) -> [Dimension]? {
        guard let dimensions else { return nil }
        guard dimensions.count == kernel.count + 2 else { throw .shape("a window of \(kernel) over \(dimensions)") }
        let space = try geometry.outputs(
            input: Array(dimensions.dropFirst(2)), kernel: kernel.map { Dimension($0) }, roundsUp: roundsUp)
        return Array(dimensions.prefix(2)) + space
    }
}
