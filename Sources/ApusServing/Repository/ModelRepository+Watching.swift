// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Following changes as they happen, where the system tells of them.
extension ModelRepository {
    /// What is watched, and what was said of it.
    struct Watching: Sendable {
        var watch: FolderWatch?
        var reported = ""
    }

    /// Begins to watch; where that is not to be had, changes are looked for at intervals, which is said once.
    func startWatching(_ snapshot: RepositoryScanner.Snapshot) {
        guard options.watches, options.pollInterval != nil else { return }
        do throws(ServingError) {
            let isNoted = Noted()
            let watch = try FolderWatch { [weak self] in
                guard let self, isNoted.note() else { return }
                worker.add { [weak self] in
                    isNoted.clear()
                    self?.look()
                }
            }
            watching.withLock { $0.watch = watch }
        } catch {
            return reportUnwatched(error.message)
        }
        follow(snapshot)
    }

    /// Watches the folders there are now; looks again where one is new, as something may have happened in it.
    func follow(_ snapshot: RepositoryScanner.Snapshot) {
        guard let watch = watching.withLock({ $0.watch }) else { return }
        do throws(ServingError) {
            var snapshot = snapshot
            for _ in 0..<4 where try watch.watch(snapshot.folders(of: options.paths, reader)) { snapshot = scan() }
        } catch {
            reportUnwatched(error.message)
        }
    }

    private func reportUnwatched(_ reason: String) {
        let isNew = watching.withLock { watching in
            defer { watching.reported = reason }
            return watching.reported != reason
        }
        if isNew { options.report(.notWatched(reason: reason)) }
    }
}

/// Whether a look at the repository is due already, so that many changes are one look.
private final class Noted: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Notes that one is due; false when it was noted before.
    func note() -> Bool { !flag.exchange(true, ordering: .acquiringAndReleasing) }
    func clear() { flag.store(false, ordering: .releasing) }
}
