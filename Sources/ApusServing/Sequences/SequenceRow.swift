// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a request of a batch is to its sequence.
package struct SequenceRow: Sendable, Equatable {
    /// The place of its sequence, which another takes after it.
    package var sequence: Int
    /// Whether it is the first of its sequence that runs.
    package var isStart: Bool
    /// Whether nothing of its sequence comes after it.
    package var isEnd: Bool
}
