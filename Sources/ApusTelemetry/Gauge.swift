// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that goes up and down.
package final class Gauge: Instrument {
    package static let kind = "gauge"
    private let level = Atomic<Int64>(0)

    package init(bounds: [UInt64] = []) {}

    /// Replaces the number.
    package func set(_ value: Int64) { level.store(value, ordering: .relaxed) }

    /// Adds to the number, or takes from it.
    package func add(_ amount: Int64) { level.wrappingAdd(amount, ordering: .relaxed) }

    /// The number now.
    package var value: Int64 { level.load(ordering: .relaxed) }

    package func write(to text: inout ExpositionText, name: String, labels: String) {
        text.line(name, labels, value)
    }
}
