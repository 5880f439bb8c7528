// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A running mean in double precision.
package struct Moments {
    /// How many numbers were added.
    package private(set) var count = 0
    private var sum = 0.0

    /// Nothing added yet.
    package init() {}

    /// The mean of what was added.
    package var mean: Double { sum / Double(count) }

    /// Adds a range of elements.
    package mutating func add<Element: RealElement>(_ source: Span<Element>, _ range: Range<Int>) {
        var part = 0.0
        for index in range { part += Double(source[index]) }
        sum += part
        count &+= range.count
    }

    /// The sum of squared distances from a centre.
    package static func spread<Element: RealElement>(
        _ source: Span<Element>, _ range: Range<Int>, around centre: Double
    ) -> Double {
        var sum = 0.0
        for index in range {
            let distance = Double(source[index]) - centre
            sum += distance * distance
        }
        return sum
    }

    /// The mean of a range and its variance over the whole range.
    package static func of<Element: RealElement>(
        _ source: Span<Element>, _ range: Range<Int>
    ) -> (mean: Double, variance: Double) {
        var moments = Moments()
        moments.add(source, range)
        return (moments.mean, spread(source, range, around: moments.mean) / Double(range.count))
    }
}
