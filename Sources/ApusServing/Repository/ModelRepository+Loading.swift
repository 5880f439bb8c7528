// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusTelemetry
import Synchronization

extension ModelRepository {
    /// Looks what there is; entries without a model any more stay as long as they are served.
    @discardableResult
    func scan() -> RepositoryScanner.Snapshot {
        let snapshot = scanner.scan()
        let known = state.withLock { state in
            for (name, model) in snapshot.models { state.entries[name, default: Entry()].folder = model }
            for name in state.entries.keys where snapshot.models[name] == nil {
                state.entries[name]?.folder = nil
                let isIdle = state.entries[name].map { $0.serving.isEmpty && $0.phase == .untouched } ?? false
                if isIdle { state.entries[name] = nil }
            }
            defer { state.unreadable = snapshot.unreadable }
            return state.unreadable
        }
        for (path, reason) in snapshot.unreadable.sorted(by: { $0.key < $1.key }) where known[path] != reason {
            options.report(.unreadable(path: path, reason: reason))
        }
        return snapshot
    }

    /// Loads a model in place of what is served of it; when that fails, what is served goes on.
    ///
    /// `above`: The ensembles that it is loaded for, the outermost first.
    /// - Throws: ``ServingError`` that says why nothing changed.
    func loadNow(
        _ name: String, override: String? = nil, given: [String: [UInt8]] = [:], above: [String] = []
    ) throws(ServingError) {
        let folder = state.withLock { $0.entries[name]?.folder }
        if let folder { tracker.withLock { $0.accept(name, folder.fingerprint) } }
        do throws(ServingError) {
            guard folder != nil || !given.isEmpty else {
                throw ServingError(
                    .notFound,
                    "failed to load '\(name)', failed to poll from model repository: there is no model of this name in "
                        + (options.paths.map { "'\($0)'" }.joined(separator: ", ")))
            }
            if let problem = folder?.problem, given.isEmpty {
                throw ServingError(.invalidArgument, "failed to load '\(name)': \(problem)")
            }
            try makeRoom(for: name, folder)
            try open(name, folder, override: override, given: given, above: above)
            try settleIn(name, isKept: override != nil || !given.isEmpty)
        } catch {
            host.residency?.failed(name, error)
            state.withLock { state in
                guard folder != nil || state.entries[name] != nil else { return }
                state.entries[name, default: Entry()].phase = .settled
                state.entries[name]?.reason = error.message
                state.entries[name]?.isWanted = true
            }
            options.report(.failed(model: name, reason: error.message))
            throw error
        }
    }

    private func open(
        _ name: String, _ folder: ModelFolder?, override: String?, given: [String: [UInt8]], above: [String]
    ) throws(ServingError) {
        let files = ModelFiles(folder: folder, given: given, reader: reader)
        let opener = ModelOpener(
            name: name, files: files, override: override, options: host.engineOptions, benchmark: options.benchmark)
        state.withLock { state in
            state.entries[name, default: Entry()].phase = .loading
            state.entries[name]?.attempted = files.versions
            state.entries[name]?.isWanted = true
        }
        do throws(ServingError) {
            let document = try opener.document()
            let policy = VersionPolicy(document.message.versionPolicy)
            let parts = EnsemblePlan(document.message.ensembleScheduling).steps.map(\.model)
            state.withLock { state in
                state.entries[name]?.attempted = policy.select(opener.available(document))
                state.entries[name]?.parts = parts
            }
            let heapBefore = HeapMemory.usedByteCount
            let opened = try opener.open()
            let versions = opened.versions
            if opened.configuration.ensemble != nil {
                try loadParts(parts, above: above + [name])
                try host.load(ensemble: versions, opened.configuration)
            } else {
                try host.load(opened.sources, opened.configuration, heapBefore: heapBefore)
            }
            host.metrics.instrument(ResidencyMetrics.loads, name).add()
            state.withLock { state in
                let entry = Entry(
                    folder: folder, phase: .settled, isWanted: true, serving: versions, attempted: versions,
                    parts: parts)
                state.entries[name] = entry
            }
            options.report(.loaded(model: name, versions: versions, notes: opened.configuration.notes))
        } catch {
            throw ServingError(error.code, "failed to load '\(name)': \(error.message)", retryAfter: error.retryAfter)
        }
    }

    /// Stops serving a model; without one there is nothing to do.
    func unloadNow(_ name: String) {
        host.residency?.forget(name)
        let isServed = state.withLock { state in
            guard var entry = state.entries[name] else { return false }
            let isServed = !entry.serving.isEmpty
            (entry.phase, entry.isWanted) = (.unloading, false)
            state.entries[name] = entry
            return isServed
        }
        host.unload(name)
        state.withLock { state in
            guard var entry = state.entries[name] else { return }
            if isServed {
                (entry.attempted, entry.serving, entry.reason) = (entry.serving, [], "unloaded")
            }
            entry.phase = .settled
            state.entries[name] = entry
        }
        if isServed { options.report(.unloaded(model: name)) }
    }
}
