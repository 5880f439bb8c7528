// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that only grows.
package final class Counter: Instrument {
    package static let kind = "counter"
    private let total = Atomic<UInt64>(0)

    package init(bounds: [UInt64] = []) {}

    /// Adds to the number.
    package func add(_ amount: UInt64 = 1) { total.wrappingAdd(amount, ordering: .relaxed) }

    /// The number now.
    package var value: UInt64 { total.load(ordering: .relaxed) }

    package func write(to text: inout ExpositionText, name: String, labels: String) {
        text.line(name, labels, value)
    }
}
