// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension ModelRepository {
    /// Loads the models of an ensemble that are not served yet.
    ///
    /// `above`: The ensemble and those that it is loaded for, the outermost first.
    /// - Throws: ``ServingError`` that names the model that could not be loaded.
    func loadParts(_ parts: [String], above: [String]) throws(ServingError) {
        for part in parts {
            if let start = above.firstIndex(of: part) {
                let circle = (above[start...] + [part]).joined(separator: " -> ")
                throw ServingError(.invalidArgument, "ensembles contain each other: \(circle)")
            }
            let entry = state.withLock { $0.entries[part] }
            guard entry?.serving.isEmpty ?? true else { continue }
            guard entry?.folder != nil else { continue }
            try loadNow(part, above: above)
        }
    }

    /// Loads the ensembles that could not be loaded so far for want of a model which is served now.
    func loadWaiting(for part: String) {
        let waiting = state.withLock { state in
            state.entries.filter { _, entry in
                entry.isWanted && entry.serving.isEmpty && entry.folder != nil && entry.parts.contains(part)
            }.keys.sorted()
        }
        for name in waiting where (try? loadNow(name)) != nil { loadWaiting(for: name) }
    }

    /// Stops serving a model and, where it is an ensemble, the models it is made of that no other ensemble needs.
    func unloadWhole(_ name: String) {
        let parts = state.withLock { $0.entries[name]?.parts ?? [] }
        unloadNow(name)
        for part in Set(parts).sorted() where part != name {
            let isNeeded = state.withLock { state in
                state.entries.contains { !$1.serving.isEmpty && $1.parts.contains(part) }
            }
            if !isNeeded { unloadWhole(part) }
        }
    }

    /// Whether a model is served.
    func isServed(_ name: String) -> Bool { state.withLock { !($0.entries[name]?.serving.isEmpty ?? true) } }
}
