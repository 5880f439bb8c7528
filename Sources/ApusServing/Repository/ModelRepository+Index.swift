// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension ModelRepository {
    /// The models there are, with the state of each version, from memory alone.
    package func index(onlyReady: Bool) -> [RepositoryIndexEntry] {
        let entries = state.withLock { $0.entries }
        let isOnDemand = host.residency != nil
        let lines = entries.sorted { $0.key < $1.key }.flatMap { name, entry in
            let lines = Self.lines(name, entry, isOnDemand)
            return entry.parts.isEmpty ? lines : lines.map(complete)
        }
        return onlyReady ? lines.filter { $0.state == "READY" } : lines
    }

    /// The line of an ensemble's version, which is ready when its models are.
    private func complete(_ line: RepositoryIndexEntry) -> RepositoryIndexEntry {
        guard line.state == "READY", let version = Int64(line.version),
            let obstacle = host.obstacle(line.name, version: version)
        else { return line }
        return RepositoryIndexEntry(name: line.name, version: line.version, state: "UNAVAILABLE", reason: obstacle)
    }

    private static func lines(_ name: String, _ entry: Entry, _ isOnDemand: Bool) -> [RepositoryIndexEntry] {
        func line(_ version: Int64?, _ state: String, _ reason: String = "") -> RepositoryIndexEntry {
            RepositoryIndexEntry(
                name: name, version: version.map { String($0) } ?? "", state: state, reason: reason)
        }
        if entry.phase == .untouched {
            let problem = entry.folder?.problem
            if problem == nil, isOnDemand, entry.isWanted { return [line(nil, "UNAVAILABLE", waitingReason)] }
            return [problem.map { line(nil, "UNAVAILABLE", $0) } ?? line(nil, "")]
        }
        if entry.phase == .unloading, !entry.serving.isEmpty { return entry.serving.map { line($0, "UNLOADING") } }
        // What failed is said of the version that is served in its place, where it has the same number.
        var lines = entry.serving.map { version in
            line(version, "READY", entry.attempted.contains(version) ? entry.reason : "")
        }
        let state = entry.phase == .loading ? "LOADING" : "UNAVAILABLE"
        if entry.phase == .loading || !entry.reason.isEmpty {
            let reason = entry.phase == .loading ? "" : entry.reason
            lines += entry.attempted.filter { !entry.serving.contains($0) }.map { line($0, state, reason) }
            if lines.isEmpty { lines = [line(nil, state, reason)] }
        }
        return lines.sorted { (Int64($0.version) ?? 0) < (Int64($1.version) ?? 0) }
    }
}
