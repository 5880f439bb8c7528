// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where models come from and when they are loaded.
package struct RepositoryOptions: Sendable {
    /// What is loaded when the server starts.
    package enum Startup: Sendable, Equatable {
        /// Every model there is.
        case all
        /// These, by name.
        case named([String])
    }

    /// Folders with models in them, and single model files.
    package var paths: [String]
    /// What is loaded when the server starts.
    package var startup = Startup.all
    /// Whether clients may load and unload models.
    package var allowsLoading = false
    /// How often the folders are looked at for changes; nil: never.
    package var pollInterval: Duration?
    /// Whether, where there is an interval, changes are followed as they happen too, where the system tells of them.
    package var watches = false
    /// How long a change has to stand still before it is acted on.
    package var settleTime = Duration.seconds(1)
    /// The most files of one model that are looked at.
    package var mostFiles = 10_000
    /// What measures how models without a configuration are best served; nil: they get what is usual.
    package var benchmark: SelfBenchmark?
    /// Hears what becomes of models.
    package var report: @Sendable (RepositoryEvent) -> Void = { _ in }

    /// Loads everything in the given places at the start, and nothing later.
    package init(paths: [String]) { self.paths = paths }
}

/// Something that became of a model.
package enum RepositoryEvent: Sendable, Equatable {
    /// Versions are served; each note is one sentence about the configuration.
    case loaded(model: String, versions: [Int64], notes: [String])
    /// Nothing changed, for a reason.
    case failed(model: String, reason: String)
    /// The model is not served any more.
    case unloaded(model: String)
    /// Changes are not followed as they happen but looked for at intervals.
    case notWatched(reason: String)
    /// A place in the repository could not be read.
    case unreadable(path: String, reason: String)
}
