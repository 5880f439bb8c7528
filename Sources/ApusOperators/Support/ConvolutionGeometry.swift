// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The attributes that say how a window slides over the spatial dimensions of its input.
///
/// Convolutions and pools share it; the spatial dimensions are those after batch and channel.
package struct ConvolutionGeometry: Sendable, Hashable {
    /// Where padding comes from.
    package enum AutoPad: String, Sendable, CaseIterable {
        case explicit = "NOTSET"
        case sameUpper = "SAME_UPPER"
        case sameLower = "SAME_LOWER"
        case valid = "VALID"
    }

    /// The largest size, stride, dilation or pad that is accepted, so that sums of products of two cannot overflow.
    package static let largestSize = 1 << 29

    /// Where padding comes from.
    package var autoPad: AutoPad
    /// The window's sizes, where the node gives them.
    package var kernel: [Int]?
    /// Steps of the window, or nil for 1 everywhere.
    package var strides: [Int]?
    /// Distances between taps of the window, or nil for 1 everywhere.
    package var dilations: [Int]?
    /// Elements added in front of every dimension and then behind every dimension, or nil for none.
    package var pads: [Int]?

    /// Reads `auto_pad`, `kernel_shape`, `strides`, `dilations` and `pads`.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        autoPad = try node.choice("auto_pad", default: .explicit)
        kernel = try ConvolutionGeometry.sizes("kernel_shape", node, least: 1)
        strides = try ConvolutionGeometry.sizes("strides", node, least: 1)
        dilations = try ConvolutionGeometry.sizes("dilations", node, least: 1)
        pads = try ConvolutionGeometry.sizes("pads", node, least: 0)
    }

    /// Makes a geometry with explicit padding.
    package init(
        kernel: [Int]? = nil, strides: [Int]? = nil, dilations: [Int]? = nil, pads: [Int]? = nil
    ) {
        autoPad = .explicit
        self.kernel = kernel
        self.strides = strides
        self.dilations = dilations
        self.pads = pads
    }

    private static func sizes(_ name: String, _ node: NodeReader, least: Int) throws(ComputeError) -> [Int]? {
        guard let values = try node.optionalIntegers(name) else { return nil }
        guard values.allSatisfy({ $0 >= least && $0 <= largestSize }) else {
            throw .attribute("attribute '\(name)' is \(values), expected values from \(least) to \(largestSize)")
        }
        return values
    }

    /// Checks that every list fits the number of spatial dimensions.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package func check(rank: Int) throws(ComputeError) {
        try ConvolutionGeometry.check("kernel_shape", kernel, rank)
        try ConvolutionGeometry.check("strides", strides, rank)
        try ConvolutionGeometry.check("dilations", dilations, rank)
        if autoPad == .explicit, let pads, pads.count != 2 * rank {
            throw .attribute("attribute 'pads' has \(pads.count) values for \(rank) spatial dimensions")
        }
    }

    private static func check(_ name: StaticString, _ list: [Int]?, _ rank: Int) throws(ComputeError) {
        if let list, list.count != rank {
            throw .attribute("attribute '\(name)' has \(list.count) values for \(rank) spatial dimensions")
        }
    }

    /// The way of the window along every spatial dimension.
    ///
    /// - Parameters:
    ///   - input: The spatial sizes of the input.
    ///   - kernel: The window's sizes, as the weights or the attribute give them.
    ///   - roundsUp: Whether a last window that is only partly inside counts (`ceil_mode`).
    /// - Returns: One axis for each spatial dimension.
    /// - Throws: ``ComputeError`` with code `attribute` or `shape`.
    package func windows(
        input: [Int], kernel: [Int], roundsUp: Bool = false
    ) throws(ComputeError) -> [WindowAxis] {
        Array(try axes(input: ShortList(input), kernel: kernel, roundsUp: roundsUp))
    }

    /// The way of the window along every spatial dimension, in place.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` or `shape`.
    package func axes(
        input: ShortList<Int>, kernel: [Int], roundsUp: Bool = false
    ) throws(ComputeError) -> ShortList<WindowAxis> {
        let rank = input.count
        try check(rank: rank)
        guard kernel.count == rank, self.kernel ?? kernel == kernel else {
            throw .shape("a window of \(self.kernel ?? kernel) does not fit weights of \(kernel) over \(input)")
        }
        var result = ShortList<WindowAxis>()
        for axis in 0..<rank {
            guard input[axis] >= 0, input[axis] <= Self.largestSize, kernel[axis] >= 1, kernel[axis] <= Self.largestSize
            else { throw .shape("a window of \(kernel) cannot slide over \(input)") }
            var window = WindowAxis(
                input: input[axis], kernel: kernel[axis], stride: strides?[axis] ?? 1, dilation: dilations?[axis] ?? 1)
            window.place(
                autoPad, begin: pads?[axis] ?? 0, end: autoPad == .explicit ? pads?[rank + axis] ?? 0 : 0, roundsUp)
            guard window.output >= 0 else { throw .shape("a window of \(kernel) is larger than its input \(input)") }
            result.append(window)
        }
        return result
    }

    /// The output's spatial sizes as far as they can be said from the input's.
    ///
    /// - Throws: ``ComputeError`` where sizes that are numbers can never be evaluated.
    package func outputs(
        input: [Dimension], kernel: [Dimension], roundsUp: Bool = false
    ) throws(ComputeError) -> [Dimension] {
        try check(rank: input.count)
        guard kernel.count == input.count else {
            throw .shape("a window of rank \(kernel.count) slides over \(input.count) dimensions")
        }
        var result: [Dimension] = []
        for axis in input.indices {
            let size = input[axis]
            let stride = strides?[axis] ?? 1
            let dilation = dilations?[axis] ?? 1
            if let number = size.value, let taps = kernel[axis].value {
                let one = ConvolutionGeometry(self, axis: axis, rank: input.count)
                result.append(Dimension(try one.windows(input: [number], kernel: [taps], roundsUp: roundsUp)[0].output))
                continue
            }
            switch autoPad {
            case .sameUpper, .sameLower:
                result.append((size + Dimension(stride - 1)).floorDivided(by: Dimension(stride)))
            case .valid, .explicit:
                let begin = autoPad == .explicit ? pads?[axis] ?? 0 : 0
                let end = autoPad == .explicit ? pads?[input.count + axis] ?? 0 : 0
                let reach = (kernel[axis] - 1) * Dimension(dilation) + 1
                let room = size + Dimension(begin + end) - reach
                if !roundsUp || stride == 1 {
                    result.append(room.floorDivided(by: Dimension(stride)) + 1)
                } else if let reach = reach.value, stride + end <= reach {
                    result.append((room + Dimension(stride - 1)).floorDivided(by: Dimension(stride)) + 1)
                } else {
                    result.append(.unknown)
                }
            }
        }
        return result
    }

    private init(_ whole: ConvolutionGeometry, axis: Int, rank: Int) {
        autoPad = whole.autoPad
        kernel = whole.kernel.map { [$0[axis]] }
        strides = whole.strides.map { [$0[axis]] }
        dilations = whole.dilations.map { [$0[axis]] }
        pads = whole.autoPad == .explicit ? whole.pads.map { [$0[axis], $0[rank + axis]] } : nil
    }
}

/// The way of a window along one dimension.
package struct WindowAxis: ShortListElement {
    /// The input's size.
    package var input = 0
    /// The number of taps.
    package var kernel = 1
    /// The distance between windows.
    package var stride = 1
    /// The distance between taps.
    package var dilation = 1
    /// Elements added in front.
    package var padBegin = 0
    /// Elements added behind.
    package var padEnd = 0
    /// The number of windows.
    package var output = 0

    /// A window of one tap over nothing.
    package init() {}

    /// Makes a window that is yet to be placed.
    package init(input: Int, kernel: Int, stride: Int = 1, dilation: Int = 1) {
        self.input = input
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
    }

    /// The elements from the first tap to the last.
    package var reach: Int { (kernel - 1) * dilation + 1 }

    /// The input position of a tap of a window; outside `0..<input` it is padding.
    @inline(__always)
    package func position(_ window: Int, tap: Int) -> Int { window &* stride &+ tap &* dilation &- padBegin }

    /// The taps of a window that lie inside the input.
    package func taps(_ window: Int) -> Range<Int> {
        let start = window * stride - padBegin
        let first = start < 0 ? (-start + dilation - 1) / dilation : 0
        let last = start >= input ? 0 : min(kernel, (input - start + dilation - 1) / dilation)
        return first < last ? first..<last : 0..<0
    }

    /// The windows whose given tap lies inside the input.
    package func windows(tap: Int) -> Range<Int> {
        let offset = tap * dilation - padBegin
        let first = offset < 0 ? (-offset + stride - 1) / stride : 0
        let last = offset >= input ? 0 : min(output, (input - offset + stride - 1) / stride)
        return first < last ? first..<last : 0..<0
    }

    fileprivate mutating func place(_ autoPad: ConvolutionGeometry.AutoPad, begin: Int, end: Int, _ roundsUp: Bool) {
        switch autoPad {
        case .sameUpper, .sameLower:
            output = (input + stride - 1) / stride
            let total = max(0, (output - 1) * stride + reach - input)
            padBegin = autoPad == .sameUpper ? total / 2 : total - total / 2
            padEnd = total - padBegin
        case .valid, .explicit:
            padBegin = autoPad == .valid ? 0 : begin
            padEnd = autoPad == .valid ? 0 : end
            let room = input + padBegin + padEnd - reach
            guard room >= 0 else {
                output = room > -stride && roundsUp ? 1 : room == -1 ? 0 : -1
                return
            }
            output = (roundsUp ? room + stride - 1 : room) / stride + 1
            if roundsUp, (output - 1) * stride >= input + padBegin { output -= 1 }
        }
    }
}

extension ConvolutionGeometry {
    /// The way of the window of a transposed convolution along every spatial dimension; `output` is the smaller side.
    ///
    /// In the result `input` is the size the transposed convolution writes and `output` the size it reads, so that a
    /// tap of a window leads to the place it is added to.
    ///
    /// - Throws: ``ComputeError`` with code `attribute` or `shape`.
    package func transposedWindows(
        input: [Int], kernel: [Int], outputPadding: [Int], outputShape: [Int]?
    ) throws(ComputeError) -> [WindowAxis] {
        let rank = input.count
        try check(rank: rank)
        guard kernel.count == rank, self.kernel ?? kernel == kernel else {
            throw .shape("a window of \(self.kernel ?? kernel) does not fit weights of \(kernel) over \(input)")
        }
        guard outputPadding.isEmpty || outputPadding.count == rank, outputShape.map({ $0.count == rank }) ?? true else {
            throw .attribute("'output_padding' or 'output_shape' does not fit \(rank) spatial dimensions")
        }
        var result: [WindowAxis] = []
        for axis in 0..<rank {
            guard input[axis] >= 0, input[axis] <= Self.largestSize, kernel[axis] >= 1, kernel[axis] <= Self.largestSize
            else { throw .shape("a window of \(kernel) cannot slide over \(input)") }
            let stride = strides?[axis] ?? 1
            let extra = outputPadding.isEmpty ? 0 : outputPadding[axis]
            guard extra >= 0, extra <= Self.largestSize else {
                throw .attribute("'output_padding' is \(outputPadding)")
            }
            var window = WindowAxis(input: 0, kernel: kernel[axis], stride: stride, dilation: dilations?[axis] ?? 1)
            window.output = input[axis]
            let full = stride * (input[axis] - 1) + extra + window.reach
            var wanted = outputShape?[axis]
            if wanted == nil, autoPad == .sameUpper || autoPad == .sameLower { wanted = input[axis] * stride }
            if let wanted {
                guard wanted >= 0, wanted <= Self.largestSize * 2 else {
                    throw .attribute("'output_shape' is \(wanted)")
                }
                let total = full - wanted
                window.padBegin = autoPad == .sameUpper ? total / 2 : total - total / 2
                if total < 0 { window.padBegin = 0 }
                window.padEnd = total - window.padBegin
                window.input = wanted
            } else {
                window.padBegin = autoPad == .explicit ? pads?[axis] ?? 0 : 0
                window.padEnd = autoPad == .explicit ? pads?[rank + axis] ?? 0 : 0
                window.input = full - window.padBegin - window.padEnd
            }
            guard window.input >= 0 else { throw .shape("padding leaves nothing of the output over \(input)") }
            result.append(window)
        }
        return result
    }

    /// The spatial sizes a transposed convolution writes, as far as they can be said.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package func transposedOutputs(
        input: [Dimension], kernel: [Dimension], outputPadding: [Int], outputShape: [Int]?
    ) throws(ComputeError) -> [Dimension] {
        let rank = input.count
        try check(rank: rank)
        guard kernel.count == rank, outputPadding.isEmpty || outputPadding.count == rank,
            outputShape.map({ $0.count == rank }) ?? true
        else { throw .attribute("the attributes do not fit \(rank) spatial dimensions") }
        if let outputShape { return outputShape.map { Dimension($0) } }
        return input.indices.map { axis in
            let stride = Dimension(strides?[axis] ?? 1)
            if autoPad == .sameUpper || autoPad == .sameLower { return input[axis] * stride }
            let pad = autoPad == .explicit ? (pads?[axis] ?? 0) + (pads?[rank + axis] ?? 0) : 0
            let reach = (kernel[axis] - 1) * Dimension(dilations?[axis] ?? 1) + 1
            let extra = outputPadding.isEmpty ? 0 : outputPadding[axis]
            return (input[axis] - 1) * stride + reach + Dimension(extra) - Dimension(pad)
        }
    }
}
