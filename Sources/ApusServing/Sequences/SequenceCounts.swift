// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What has become of sequences so far.
package struct SequenceCounts: Sendable, Equatable {
    /// Sequences that began.
    package var started: UInt64 = 0
    /// Sequences whose last request ran, or was taken back.
    package var ended: UInt64 = 0
    /// Sequences that waited too long for a request.
    package var idle: UInt64 = 0
    /// Sequences that another request with the START flag began anew.
    package var restarted: UInt64 = 0
    /// Sequences that the version's end cut off.
    package var closed: UInt64 = 0
}
