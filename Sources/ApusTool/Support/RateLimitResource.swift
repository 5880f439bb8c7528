// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What decides when instances run.
enum RateLimit: String, ExpressibleByArgument, CaseIterable {
    case off
    case executionCount = "execution_count"
}

/// A resource of the rate limiter and how many there are, as `name:count`, or `name:count:0` with the only device.
struct RateLimitResource: ExpressibleByArgument {
    /// The name.
    var name: String
    /// How many there are.
    var count: Int

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, let count = Int(parts[1]),
            (1...1 << 30).contains(count),
            parts.count == 2 || Int(parts[2]) == 0
        else { return nil }
        (name, self.count) = (String(parts[0]), count)
    }
}
