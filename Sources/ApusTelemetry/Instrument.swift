// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Something that is observed and can be written as the lines of one series.
package protocol Instrument: AnyObject, Sendable {
    /// What Prometheus calls the kind.
    static var kind: String { get }

    /// Makes an instrument at zero, with the bounds of a histogram's buckets.
    init(bounds: [UInt64])

    /// Writes the lines of the series.
    func write(to text: inout ExpositionText, name: String, labels: String)
}
