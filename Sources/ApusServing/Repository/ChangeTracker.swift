// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Decides which changes of a repository to act on: those that have stood still for a while.
package struct ChangeTracker: Sendable {
    /// What became of a model's files.
    package enum Change: Sendable, Equatable {
        case appeared(String)
        case changed(String)
        case vanished(String)
    }

    private struct Pending {
        var fingerprint: ModelFolder.Fingerprint?
        var since: Int64
    }

    private let settleTime: Int64
    private var known: [String: ModelFolder.Fingerprint] = [:]
    private var pending: [String: Pending] = [:]

    /// Waits until a change has stood still for the given time.
    package init(settleTime: Duration) { self.settleTime = settleTime.wholeNanoseconds }

    /// When the first change that does not stand still long enough yet will have, in nanoseconds; nil without one.
    package var nextDue: Int64? { pending.values.map { $0.since &+ settleTime }.min() }

    /// Takes what is there as what was acted on.
    package mutating func accept(_ name: String, _ fingerprint: ModelFolder.Fingerprint?) {
        known[name] = fingerprint
        pending[name] = nil
    }

    /// The changes to act on, by name, at a time in nanoseconds.
    package mutating func observe(_ seen: [String: ModelFolder.Fingerprint], at now: Int64) -> [Change] {
        var changes: [Change] = []
        for name in Set(known.keys).union(seen.keys).sorted() {
            let (before, after) = (known[name], seen[name])
            guard before != after else {
                pending[name] = nil
                continue
            }
            if pending[name] == nil || pending[name]?.fingerprint != after {
                pending[name] = Pending(fingerprint: after, since: now)
            }
            guard let since = pending[name]?.since, now - since >= settleTime else { continue }
            accept(name, after)
            if before == nil {
                changes.append(.appeared(name))
            } else {
                changes.append(after == nil ? .vanished(name) : .changed(name))
            }
        }
        return changes
    }
}
