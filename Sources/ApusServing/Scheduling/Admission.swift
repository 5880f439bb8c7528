// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How many requests and bytes are under way, and the most there may be.
package final class Admission: Sendable {
    /// Why there is no room.
    package enum Refusal: String, Sendable, CaseIterable {
        case requests
        case bytes
    }

    /// The most requests.
    package let maximumRequests: Int
    /// The most bytes.
    package let maximumBytes: Int
    private let requests = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)

    /// Makes limits that nothing counts towards yet.
    package init(maximumRequests: Int, maximumBytes: Int) {
        self.maximumRequests = maximumRequests
        self.maximumBytes = maximumBytes
    }

    /// The requests under way.
    package var requestCount: Int { requests.load(ordering: .acquiring) }

    /// The bytes under way.
    package var byteCount: Int { bytes.load(ordering: .relaxed) }

    /// Counts a request in, or says why there is no room for it.
    package func enter(byteCount: Int) -> Refusal? {
        guard byteCount <= maximumBytes else { return .bytes }
        guard requests.add(1, ordering: .acquiringAndReleasing).newValue <= maximumRequests else {
            requests.subtract(1, ordering: .acquiringAndReleasing)
            return .requests
        }
        guard bytes.add(byteCount, ordering: .relaxed).newValue <= maximumBytes else {
            bytes.subtract(byteCount, ordering: .relaxed)
            requests.subtract(1, ordering: .acquiringAndReleasing)
            return .bytes
        }
        return nil
    }

    /// Counts a request out.
    package func leave(byteCount: Int) {
        bytes.subtract(byteCount, ordering: .relaxed)
        requests.subtract(1, ordering: .acquiringAndReleasing)
    }
}
