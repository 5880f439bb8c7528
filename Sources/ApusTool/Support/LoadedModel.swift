// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusGraphs
import ApusONNX

/// A model with everything a command may ask about, and how long each step took.
struct LoadedModel {
    let path: String
    let imported: ImportedModel
    let plan: any Plan
    let backend: Backends
    let environment: PlanOptions
    let readTime: Duration
    let compileTime: Duration

    /// Reads and compiles a model.
    init(_ path: String, _ options: ModelOptions, progress: Progress = Progress()) throws {
        var settings = try options.options()
        if options.backend.isForeign { settings.stage = .imported }
        let clock = ContinuousClock()
        let start = clock.now
        progress.update("reading \(path)")
        defer { progress.finish() }
        imported = try Model.read(path: path, options: settings)
        try options.checkBackend(for: imported)
        let middle = clock.now
        progress.update("compiling \(path)")
        environment = PlanOptions(settings)
        backend = options.backend
        plan = try Model.plan(
            imported.graph, options: settings.adapted(to: imported), environment: environment,
            backend: try backend.make(library: options.library))
        readTime = middle - start
        compileTime = clock.now - middle
        self.path = path
    }

    /// How long reading and compiling took.
    var loadTime: Duration { readTime + compileTime }
}
