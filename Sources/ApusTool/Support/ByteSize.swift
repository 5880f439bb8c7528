// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A number of bytes as people write it: `512MB`, `1.5GiB`, `100000`.
struct ByteSize: ExpressibleByArgument, Equatable {
    /// The bytes.
    var count: Int

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = argument.dropFirst(digits.count).lowercased()
        guard let number = Double(digits), let factor = Self.units[unit] else { return nil }
        let product = (number * factor).rounded()
        guard product >= 1, product < Double(1 << 60) else { return nil }
        count = Int(product)
    }

    private static let units: [String: Double] = [
        "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
        "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
}
