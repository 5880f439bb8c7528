// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where a request stands in a sequence of requests.
package struct SequenceMark: Sendable, Hashable {
    /// The name of a sequence.
    package enum Identifier: Sendable, Hashable {
        case number(UInt64)
        case text(String)
    }

    /// The sequence the request belongs to.
    package var id: Identifier
    /// Whether the request is the sequence's first.
    package var isStart: Bool
    /// Whether the request is the sequence's last.
    package var isEnd: Bool

    /// Makes a mark.
    package init(id: Identifier, isStart: Bool = false, isEnd: Bool = false) {
        self.id = id
        self.isStart = isStart
        self.isEnd = isEnd
    }
}
