// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusProtocol

/// Opens the versions of one model and completes its configuration.
struct ModelOpener {
    /// What a host is given.
    struct Opened {
        /// The models of all versions; none for an ensemble.
        var sources: [ModelSource]
        var versions: [Int64]
        var configuration: ModelConfiguration
    }

    let name: String
    let files: ModelFiles
    /// A configuration in place of the model's own, as JSON.
    let override: String?
    let options: Options
    /// What measures models without a configuration; nil: they get what is usual.
    var benchmark: SelfBenchmark?

    /// Reads the configuration, selects the versions by its policy, and opens them.
    ///
    /// - Throws: ``ServingError`` that says which file is wrong and how.
    func open() throws(ServingError) -> Opened {
        let document = try document()
        let refusals = ConfigurationNotes.unsupported(document.message)
        guard refusals.isEmpty else {
            throw ServingError(.unimplemented, "model '\(name)': \(refusals.joined(separator: "; "))")
        }
        if EnsembleCompletion.isEnsemble(document.message) { return try openEnsemble(document) }
        var notes = files.folder?.notes ?? []
        let versions = try selected(document, &notes)
        var sources: [ModelSource] = []
        var file = ""
        for version in versions { sources.append(try source(version, document, &file, &notes)) }
        let configuration = try completed(document, sources, file, notes)
        var opened = Opened(sources: sources, versions: versions, configuration: configuration)
        choose(document, &opened)
        return opened
    }

    /// The configuration as it is written.
    ///
    /// - Throws: ``ServingError`` with every mistake.
    func document() throws(ServingError) -> ConfigurationReader.Document {
        var document = ConfigurationReader.Document(origin: "the configuration of '\(name)'")
        do {
            if let override {
                document = try ConfigurationReader.read(json: override, origin: "the config parameter")
            } else if let (text, origin) = try files.configuration() {
                document = try ConfigurationReader.read(text: text, origin: origin)
            }
        } catch let error as ConfigurationError {
            throw ServingError(error)
        } catch let error as ServingError {
            throw error
        } catch {
            throw ServingError(.internal, "\(error)")
        }
        let given = document.message.name
        guard given.isEmpty || given == name else {
            let mistake = document.mistake(
                at: "name", "the configuration is of model '\(given)', but the folder is '\(name)'",
                fix: "rename the folder, or write name: \"\(name)\"")
            throw ServingError(ConfigurationError(mistakes: [mistake]))
        }
        return document
    }

    private func selected(
        _ document: ConfigurationReader.Document, _ notes: inout [String]
    ) throws(ServingError) -> [Int64] {
        let available = files.versions
        let policy = VersionPolicy(document.message.versionPolicy)
        let versions = policy.select(available)
        if case .specific(let wanted) = policy {
            for version in Set(wanted).subtracting(available).sorted() {
                notes.append("version \(version) is asked for and not there")
            }
        }
        guard versions.isEmpty else { return versions }
        guard available.isEmpty else {
            throw ServingError(
                .notFound, "model '\(name)' has versions \(available), but its version policy wants none")
        }
        let place = files.folder?.folder ?? name
        throw ServingError(.notFound, "model '\(name)' has no version: put its file at '\(place)/1/model.onnx'")
    }

    private func source(
        _ version: Int64, _ document: ConfigurationReader.Document, _ file: inout String, _ notes: inout [String]
    ) throws(ServingError) -> ModelSource {
        let given = document.message.defaultModelFilename
        let names = given.isEmpty ? ["model.plan", "model.onnx"] : [given]
        let candidates: [(name: String, source: ModelFiles.Source)]
        do throws(ServingError) { candidates = try files.models(version, names: names) } catch {
            throw ServingError(error.code, "model '\(name)', version \(version): \(error.message)")
        }
        var first: EngineError?
        for candidate in candidates {
            do throws(EngineError) {
                let model: Model
                switch candidate.source {
                case .path(let path): model = try Model(path: path, options: options)
                case .bytes(let bytes): model = try Model(bytes: bytes, options: options)
                }
                if let first { notes.append("\(candidate.name) is used in place of the plan: \(first.message)") }
                file = candidate.name
                return ModelSource(version: version, model: model)
            } catch {
                // A plan of another machine is no loss where the model lies beside it.
                first = first ?? error
                if error.code != .stalePlan { first = error }
                guard error.code == .stalePlan else { break }
            }
        }
        throw ServingError(
            Self.code(first?.code), "model '\(name)', version \(version): \(first.map { "\($0)" } ?? "no file")")
    }

    private static func code(_ code: EngineError.Code?) -> ServingError.Code {
        switch code {
        case .unsupported?: .unimplemented
        case .limit?: .resourceExhausted
        case .file?, nil: .internal
        default: .invalidArgument
        }
    }

    private func completed(
        _ document: ConfigurationReader.Document, _ sources: [ModelSource], _ file: String, _ notes: [String]
    ) throws(ServingError) -> ModelConfiguration {
        guard let newest = sources.last else { throw ServingError(.notFound, "model '\(name)' has no version") }
        let result: ConfigurationCompletion.Result
        do throws(ConfigurationError) {
            result = try ConfigurationCompletion.complete(
                document, name: name, file: file, signature: newest.model.signature)
            var whole = document
            whole.message = result.message
            for source in sources.dropLast() {
                whole.origin =
                    "\(document.origin), completed from version \(newest.version), against version "
                    + "\(source.version)"
                _ = try ConfigurationCompletion.complete(
                    whole, name: name, file: file, signature: source.model.signature)
            }
        } catch {
            throw ServingError(error)
        }
        var configuration = ModelConfiguration(result.message, notes: notes + result.notes)
        try addPadding(&configuration, sources)
        try addLabels(&configuration)
        let files = files
        configuration.warmUps = try WarmUpInputs.make(configuration) { name throws(ServingError) in
            try files.read("warmup/\(name)")
        }
        configuration.initialStates = try InitialState.values(configuration) { name throws(ServingError) in
            try files.read("initial_state/\(name)")
        }
        _ = try SequencePorts(configuration, newest.model.signature)
        return configuration
    }

    /// Checks what the parameters say of padding, and says what is decided, or could be asked for.
    private func addPadding(_ configuration: inout ModelConfiguration, _ sources: [ModelSource]) throws(ServingError) {
        var plan: PaddingPlan?
        for source in sources { plan = try PaddingPlan(configuration, source.model) }
        if let note = PaddingPlan.note(plan, configuration) { configuration.notes.append(note) }
    }

    func addLabels(_ configuration: inout ModelConfiguration) throws(ServingError) {
        for (index, output) in configuration.message.output.enumerated() where !output.labelFilename.isEmpty {
            do throws(ServingError) {
                let bytes = try files.read(output.labelFilename)
                do throws(ConfigurationError) {
                    configuration.outputs[index].labels = try LabelFile.labels(bytes, file: output.labelFilename)
                } catch {
                    throw ServingError(error)
                }
            } catch {
                throw ServingError(error.code, "the labels of output '\(output.name)': \(error.message)")
            }
        }
    }
}
