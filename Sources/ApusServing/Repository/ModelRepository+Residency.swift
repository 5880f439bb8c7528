// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// Models that are loaded when they are asked for, and evicted to make room for others.
extension ModelRepository {
    static let waitingReason = "not in memory: its first request loads it"
    private static let evictedReason = "evicted to stay within the memory budget: its next request loads it"

    /// Carries out what the residency decides, one after the other with everything else.
    func connectResidency() {
        host.residency?.connect { [weak self] action in
            guard let self else { return }
            worker.add { [weak self] in
                switch action {
                case .load(let name): try? self?.loadNow(name, override: nil, given: [:])
                case .evict(let name): self?.evictNow(name)
                case .admit, .refuse: break
                }
            }
        }
    }

    /// Leaves a model for its first request; false where it is to be loaded now.
    func keepForLater(_ name: String) -> Bool {
        guard let residency = host.residency, !residency.options.pinned.contains(name) else { return false }
        let isServed = state.withLock { state in
            guard let entry = state.entries[name], entry.folder?.problem == nil else { return true }
            if entry.serving.isEmpty {
                state.entries[name]?.isWanted = true
                // What was wrong with files that have changed may be right now.
                if !entry.reason.isEmpty { state.entries[name]?.phase = .untouched }
            }
            return !entry.serving.isEmpty
        }
        guard !isServed else { return false }
        residency.know(name, byteCount: state.withLock { $0.entries[name]?.folder?.byteCount ?? 0 })
        return true
    }

    /// Evicts others until a model fits, as far as its files tell.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` when models in use leave no room.
    func makeRoom(for name: String, _ folder: ModelFolder?) throws(ServingError) {
        guard let residency = host.residency else { return }
        let names = state.withLock { $0.entries.filter { !$0.value.serving.isEmpty }.map(\.key) }
        residency.measured(Dictionary(uniqueKeysWithValues: names.map { ($0, host.memoryByteCount(of: $0)) }))
        while let victim = residency.victim(for: name, byteCount: folder?.byteCount ?? 0) { evictNow(victim) }
    }

    /// Tells the residency what a model that was loaded takes.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` when it alone does not fit.
    func settleIn(_ name: String, isKept: Bool) throws(ServingError) {
        guard let residency = host.residency else { return }
        let holdsState = (try? host.configuration(name, version: ""))?.sequenceBatching != nil
        try residency.loaded(name, byteCount: host.memoryByteCount(of: name), isPinned: isKept || holdsState)
    }

    /// Stops serving a model until it is asked for again.
    private func evictNow(_ name: String) {
        let isServed = state.withLock { state in
            guard let entry = state.entries[name], !entry.serving.isEmpty else { return false }
            state.entries[name]?.phase = .unloading
            return true
        }
        host.unload(name)
        state.withLock { state in
            guard var entry = state.entries[name], isServed else { return }
            if entry.reason.isEmpty { entry.reason = Self.evictedReason }
            (entry.attempted, entry.serving, entry.phase) = (entry.serving, [], .settled)
            state.entries[name] = entry
        }
        host.residency?.evicted(name)
        guard isServed else { return }
        host.metrics.instrument(ResidencyMetrics.evictions, name).add()
        options.report(.unloaded(model: name))
    }

    package func loadsOnRequest(_ model: String, version: String) -> Bool {
        guard let residency = host.residency, residency.serves(model) else { return false }
        guard !version.isEmpty else { return true }
        let folder = state.withLock { $0.entries[model]?.folder }
        guard let number = Int64(version), let folder else { return false }
        return folder.files.isEmpty ? folder.versions[number] != nil : number == 1
    }
}

extension ModelFolder {
    /// The bytes of the files that the newest version is made of; a plan stands for the model beside it.
    var byteCount: Int {
        let place = versions.max { $0.key < $1.key }?.value
        var parts = fingerprint.filter { file in
            place.map { file.key.hasPrefix($0 + "/") } ?? files.contains(file.key)
        }
        if parts.keys.contains(where: { $0.hasSuffix(".plan") }) { parts = parts.filter { $0.key.hasSuffix(".plan") } }
        return parts.values.reduce(0) { $0.addingReportingOverflow($1.byteCount).partialValue }
    }
}
