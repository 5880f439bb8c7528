// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Which elements of an image a point between them is made of.
package struct GridSampling: Sendable {
    private enum Mode: String, CaseIterable {
        case linear
        case bilinear
        case nearest
        case cubic
        case bicubic
    }
    private enum Padding: String, CaseIterable {
        case zeros
        case border
        case reflection
    }

    private let mode: Mode
    private let padding: Padding
    private let alignsCorners: Bool

    /// Reads `mode`, `padding_mode` and `align_corners`.
    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: .linear)
        padding = try node.choice("padding_mode", default: .zeros)
        alignsCorners = try node.flag("align_corners")
    }

    /// The offsets in a plane and the weights that make up the value at normalised coordinates.
    package func taps<Element: RealElement>(
        _ coordinates: [Element], _ space: [Int]
    ) -> [(offset: Int, weight: Element)] {
        var result: [(offset: Int, weight: Element)] = [(0, 1)]
        for axis in space.indices {
            let size = space[axis]
            let line = lineTaps(coordinates[axis], size)
            var next: [(offset: Int, weight: Element)] = []
            for tap in result {
                for (index, weight) in line { next.append((tap.offset * size + index, tap.weight * weight)) }
            }
            result = next
        }
        return result
    }

    private func lineTaps<Element: RealElement>(_ coordinate: Element, _ size: Int) -> [(Int, Element)] {
        let low: Element = alignsCorners ? 0 : -0.5
        let high = Element(size) - (alignsCorners ? 1 : 0.5)
        var position =
            alignsCorners
            ? (coordinate + 1) / 2 * Element(size - 1) : ((coordinate + 1) * Element(size) - 1) / 2
        if mode == .nearest { position = position.rounded(.toNearestOrEven) }
        if position < low || position > high {
            if padding == .border { position = min(max(position, 0), Element(size - 1)) }
            if padding == .reflection { position = GridSampling.reflected(position, low, high) }
        }
        guard position > -1e9, position < 1e9 else { return [] }
        let first = Int(position.rounded(.down))
        let ratio = position - position.rounded(.down)
        let taps: [(Int, Element)]
        switch mode {
        case .nearest: taps = [(Int(position), 1)]
        case .linear, .bilinear: taps = [(first, 1 - ratio), (first + 1, ratio)]
        case .cubic, .bicubic:
            let weights = CubicKernel.weights(ratio, Element(-0.75))
            taps = (0..<4).map { (first - 1 + $0, weights[$0]) }
        }
        var result: [(Int, Element)] = []
        for (index, weight) in taps {
            if index >= 0 && index < size {
                result.append((index, weight))
            } else if padding != .zeros {
                let inside =
                    padding == .border ? Element(index) : GridSampling.reflected(Element(index), low, high)
                result.append((Int(min(max(inside, 0), Element(size - 1))), weight))
            }
        }
        return result
    }

    /// The place a point outside is thrown back to by the borders.
    private static func reflected<Element: RealElement>(_ value: Element, _ low: Element, _ high: Element) -> Element {
        let range = high - low
        guard range > 0, value.isFinite else { return low }
        let distance = value < low ? low - value : value - high
        guard value < low || value > high else { return value }
        let turns = (distance / range).rounded(.towardZero)
        let rest = distance - turns * range
        let isEven = turns.truncatingRemainder(dividingBy: 2) == 0
        return (value < low) == isEven ? low + rest : high - rest
    }
}

/// The weights of cubic convolution.
package enum CubicKernel {
    /// The weights of the four neighbours of a point at a ratio between the middle two.
    package static func weights<Element: RealElement>(_ ratio: Element, _ a: Element) -> [Element] {
        [weight(1 + ratio, a), weight(ratio, a), weight(1 - ratio, a), weight(2 - ratio, a)]
    }

    /// The weight at a distance.
    package static func weight<Element: RealElement>(_ distance: Element, _ a: Element) -> Element {
        let x = abs(distance)
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }
}
