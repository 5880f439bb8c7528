// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The models that lie in folders: loads them into a host, follows their changes, and loads and unloads on request.
///
/// Everything that reads files or opens models happens on one thread of the repository's own, one after the other.
package final class ModelRepository: RepositoryControl {
    /// What is known of one model.
    struct Entry: Sendable {
        /// Where it lies; nil for one that came whole with a request, or is gone.
        var folder: ModelFolder?
        /// What is going on.
        var phase = Phase.untouched
        /// Whether it is to be served: it was loaded, or should have been, and was not unloaded since.
        var isWanted = false
        /// The versions that are served.
        var serving: [Int64] = []
        /// The versions the last attempt was about.
        var attempted: [Int64] = []
        /// Why the last attempt failed; empty when it did not.
        var reason = ""
        /// The models an ensemble is made of, as its configuration was read last.
        var parts: [String] = []
    }

    /// What is going on with a model.
    enum Phase: Sendable {
        case untouched
        case loading
        case settled
        case unloading
    }

    struct State: Sendable {
        var entries: [String: Entry] = [:]
        var unreadable: [String: String] = [:]
        var hasStarted = false
    }

    let options: RepositoryOptions
    package let host: ModelHost
    let reader: any FileReader
    let scanner: RepositoryScanner
    let state = Mutex(State())
    let tracker: Mutex<ChangeTracker>
    let watching = Mutex(Watching())
    private let clock: ServingClock
    private let timekeeper: Timekeeper?
    let worker = RepositoryWorker()

    /// Makes a repository that loads into the given host; nothing is read before ``start()``.
    package init(
        _ options: RepositoryOptions, host: ModelHost, files: any FileReader = DiskFiles(),
        clock: ServingClock = .system
    ) {
        self.options = options
        self.host = host
        self.clock = clock
        reader = files
        scanner = RepositoryScanner(paths: options.paths, files: files, mostFiles: options.mostFiles)
        tracker = Mutex(ChangeTracker(settleTime: options.settleTime))
        timekeeper = options.pollInterval == nil ? nil : Timekeeper(clock: clock)
        connectResidency()
    }

    /// Loads what is to be loaded at the start, and returns when that has been tried.
    ///
    /// Models that fail are reported and in the index; they do not keep others from being served.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` when the system refused a thread.
    package func start() async throws(ServingError) {
        try await worker.run { [self] () throws(ServingError) in
            let snapshot = scan()
            for (name, model) in snapshot.models { tracker.withLock { $0.accept(name, model.fingerprint) } }
            let names: [String] =
                switch options.startup {
                case .all: snapshot.models.keys.sorted()
                case .named(let names): names
                }
            // What is part of an ensemble may have been loaded with it.
            for name in names where state.withLock({ $0.entries[name]?.phase ?? .untouched }) == .untouched {
                if !keepForLater(name) { try? loadNow(name) }
            }
            startWatching(snapshot)
            state.withLock { $0.hasStarted = true }
        }
        wake()
    }

    /// Looks for changes now, and acts on those that have settled.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` when the system refused a thread.
    package func poll() async throws(ServingError) {
        try await worker.run { [self] () throws(ServingError) in pollNow() }
    }

    // MARK: - On request

    package var isReady: Bool { state.withLock { $0.hasStarted } }

    package func load(
        _ model: String, parameters: [String: ParameterValue], files: [String: [UInt8]]
    ) async throws(ServingError) {
        try checkAllowed()
        if let mistake = ModelName.mistake(model) { throw ServingError(.invalidArgument, mistake) }
        var override: String?
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            guard name == "config" else {
                throw ServingError(
                    .invalidArgument, "there is no parameter '\(name)' of load, expected 'config' or 'file:<path>'")
            }
            guard case .string(let text) = value else {
                throw ServingError(.invalidArgument, "the parameter 'config' of load has to be a text with JSON in it")
            }
            override = text
        }
        var given: [String: [UInt8]] = [:]
        for (name, bytes) in files {
            let path = name.hasPrefix("file:") ? String(name.dropFirst(5)) : name
            if let mistake = ModelName.pathMistake(path) { throw ServingError(.invalidArgument, mistake) }
            given[path] = bytes
        }
        let (chosen, whole) = (override, given)
        try await worker.run { [self] () throws(ServingError) in
            scan()
            try loadNow(model, override: chosen, given: whole)
            loadWaiting(for: model)
        }
    }

    package func unload(_ model: String, withDependents: Bool) async throws(ServingError) {
        try checkAllowed()
        try await worker.run { [self] () throws(ServingError) in
            if withDependents { unloadWhole(model) } else { unloadNow(model) }
        }
    }

    private func checkAllowed() throws(ServingError) {
        guard options.allowsLoading else {
            throw ServingError(.unavailable, "explicit model load / unload is not allowed if polling is enabled")
        }
    }
}

extension ModelRepository: Timekeeper.Member {
    /// Asks to be called when it is time to look again.
    private func wake() {
        guard let interval = options.pollInterval, let timekeeper else { return }
        let next = clock.now &+ interval.wholeNanoseconds
        timekeeper.call(self, at: min(next, tracker.withLock { $0.nextDue ?? .max }))
    }

    package func timeHasCome() {
        worker.add { [weak self] in self?.look() }
    }

    /// Looks for changes, and asks to be called when it is time to look again.
    func look() {
        pollNow()
        wake()
    }

    func pollNow() {
        let snapshot = scan()
        follow(snapshot)
        let changes = tracker.withLock { $0.observe(snapshot.models.mapValues(\.fingerprint), at: clock.now) }
        for change in changes {
            switch change {
            case .appeared(let name):
                if options.startup == .all, !isServed(name), !keepForLater(name), (try? loadNow(name)) != nil {
                    loadWaiting(for: name)
                }
            case .changed(let name):
                if state.withLock({ $0.entries[name]?.isWanted ?? false }), !keepForLater(name),
                    (try? loadNow(name)) != nil
                {
                    loadWaiting(for: name)
                }
            case .vanished(let name): unloadNow(name)
            }
        }
    }
}
