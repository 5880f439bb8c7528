// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
package import ApusGraphs
package import ApusONNX

extension Model {
    /// Compiles a model for this machine and writes the plan to a file, which then loads in its place.
    ///
    /// The file appears complete or not at all. ``init(path:options:)`` opens it without compiling anything.
    ///
    /// - Throws: ``EngineError`` with code `file`, `malformedModel`, `unsupported` or `limit`.
    public static func build(path: String, plan: String, options: Options = Options()) throws(EngineError) {
        let imported = try read(path: path, options: options)
        let graph = try lowered(imported, from: path, options: options)
        try write(graph, of: imported, from: path, to: plan, options: options)
    }

    /// The graph a plan is made of.
    ///
    /// - Throws: ``EngineError`` with code `unsupported` or `malformedModel`.
    package static func lowered(
        _ imported: ImportedModel, from path: String, options: Options
    ) throws(EngineError) -> Graph {
        guard imported.plan == nil else { throw EngineError(.unsupported, "'\(path)' is a plan already") }
        var options = options
        options.stage = .lowered
        let cache = options.isTuned ? TacticCache() : nil
        var environment = PlanOptions(options)
        if options.isTuned { environment.tuner = Tuner(known: cache?.read() ?? [:], report: options.reportTuning) }
        let graph = try compiled(imported.graph, options: options, environment: environment)
        if let tuner = environment.tuner, tuner.measuredCount > 0 { cache?.write(tuner.times) }
        if let file = imported.graph.damagedFile ?? graph.damagedFile {
            throw EngineError(.file, "'\(file)' was cut short while it was being read")
        }
        return graph
    }

    /// Writes a compiled graph as a plan.
    ///
    /// - Throws: ``EngineError`` with code `file` or `unsupported`.
    package static func write(
        _ graph: Graph, of imported: ImportedModel, from path: String, to plan: String, options: Options,
        isDurable: Bool = true
    ) throws(EngineError) {
        if let model = SourceFile.resolved(path), model == SourceFile.resolved(plan) {
            throw EngineError(.file, "the plan '\(plan)' would take the place of its model")
        }
        var record = PlanRecord()
        record.facts = PlanFingerprint.facts(options)
        record.sources = try SourceFile.describe(path, externalFiles: imported.externalFiles, for: plan)
        var writer = PlanWriter(properties: imported.properties, record: record)
        writer.isDurable = isDurable
        do {
            try writer.write(graph, to: plan)
        } catch {
            throw EngineError(error.code == .file ? .file : .unsupported, error.message, cause: error)
        }
    }
}

extension Options {
    /// The options for a model; one that was read from a plan is not compiled again.
    package func adapted(to model: ImportedModel) -> Options {
        var result = self
        if model.plan != nil { result.stage = .imported }
        return result
    }
}
