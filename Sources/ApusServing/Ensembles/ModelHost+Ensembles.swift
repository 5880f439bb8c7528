// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension ModelHost {
    /// Serves versions of an ensemble in place of those it had; its models are served or were served before.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names each step and tensor that does not fit; what
    ///   was served before goes on.
    package func load(ensemble versions: [Int64], _ configuration: ModelConfiguration) throws(ServingError) {
        let graph = try EnsembleGraph(configuration)
        let parts = EnsembleParts(
            find: { [weak self] model, version in try? self?.find(model, version) },
            infer: { [weak self] (request) async throws(ServingError) in
                guard let self else { throw ServingError(.unavailable, "the server is gone") }
                return try await self.infer(request)
            })
        let served = versions.sorted().map {
            EnsembleVersion($0, configuration, graph, parts: parts, in: surroundings)
        }
        try replace(configuration, served) { entries throws(ServingError) in
            let mistakes = EnsembleCheck.mistakes(configuration, graph) { model, version in
                Self.part(model, version, of: configuration.name, entries)
            }
            guard mistakes.isEmpty else {
                throw ServingError(
                    .invalidArgument, "ensemble '\(configuration.name)': \(mistakes.joined(separator: "; "))")
            }
        }
    }

    private static func part(
        _ model: String, _ version: String, of ensemble: String, _ entries: [String: Entry]
    ) -> EnsembleCheck.Part {
        if let circle = circle(from: model, to: ensemble, entries, [ensemble]) {
            return .missing("ensembles contain each other: \(circle.joined(separator: " -> "))")
        }
        guard let entry = entries[model] else {
            return .missing("there is no model '\(model)', expected one that is loaded before the ensemble")
        }
        if !version.isEmpty, !entry.versions.isEmpty, !entry.versions.contains(where: { $0.text == version }) {
            let served = entry.versions.map(\.text).joined(separator: ", ")
            return .missing("version \(version) of the model is not served, there are \(served)")
        }
        return .known(entry.configuration)
    }

    /// The way from a model through the steps of ensembles to another model; nil when there is none.
    private static func circle(
        from model: String, to target: String, _ entries: [String: Entry], _ path: [String]
    ) -> [String]? {
        if model == target { return path + [model] }
        guard let plan = entries[model]?.configuration.ensemble else { return nil }
        for step in plan.steps where !path.contains(step.model) || step.model == target {
            if let circle = circle(from: step.model, to: target, entries, path + [model]) { return circle }
        }
        return nil
    }

    /// Why a version that is served takes no requests; nil when it does, or there is none.
    package func obstacle(_ model: String, version: Int64) -> String? {
        (try? find(model, String(version)))?.obstacle
    }
}
