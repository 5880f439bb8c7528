// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How observations spread over buckets, with their number and sum.
package final class Histogram: Instrument {
    package static let kind = "histogram"
    /// The largest value of each bucket, ascending; one more bucket holds the rest.
    package let bounds: [UInt64]
    private let buckets: [Counter]
    private let total = Atomic<UInt64>(0)

    package init(bounds: [UInt64]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    /// Notes a value, or the same value several times.
    package func observe(_ value: UInt64, count: UInt64 = 1) {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        buckets[low].add(count)
        total.wrappingAdd(value &* count, ordering: .relaxed)
    }

    /// The number of observations.
    package var count: UInt64 { buckets.reduce(0) { $0 &+ $1.value } }

    /// The sum of the values observed.
    package var sum: UInt64 { total.load(ordering: .relaxed) }

    /// The observations of each bucket, those past the last bound at the end.
    package var counts: [UInt64] { buckets.map(\.value) }

    package func write(to text: inout ExpositionText, name: String, labels: String) {
        let separator = labels.isEmpty ? "" : ","
        var below: UInt64 = 0
        for (position, count) in counts.enumerated() {
            below &+= count
            let bound = position < bounds.count ? text.decimal(bounds[position]) : "+Inf"
            text.count(name + "_bucket", "\(labels)\(separator)le=\"\(bound)\"", below)
        }
        text.line(name + "_sum", labels, sum)
        text.count(name + "_count", labels, below)
    }
}
