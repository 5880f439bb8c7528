// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The declaration of a metric: everything but its numbers.
package struct Metric<Kind: Instrument>: Sendable {
    /// The name in the exposition, with the unit in it.
    package let name: String
    /// What it counts, in a sentence.
    package let help: String
    /// The names of its labels.
    package let labels: [String]
    /// How many decimals the counted whole numbers have in the exposed unit: 3 where nanoseconds show as microseconds.
    package let decimals: Int
    /// The bounds of a histogram's buckets, in counted numbers.
    package let bounds: [UInt64]

    /// Declares a metric.
    package init(_ name: String, _ help: String, labels: [String] = [], decimals: Int = 0, bounds: [UInt64] = []) {
        self.name = name
        self.help = help
        self.labels = labels
        self.decimals = decimals
        self.bounds = bounds
    }
}
