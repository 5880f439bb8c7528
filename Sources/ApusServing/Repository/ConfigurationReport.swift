// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus
import ApusProtocol
import SwiftProtobuf

/// What is to be said of one model's configuration before it is served.
package struct ConfigurationReport: Sendable {
    /// The model's name, or the file when it belongs to none.
    package var name: String
    /// What is wrong, one entry each, with file, line and remedy where they are known.
    package var mistakes: [String] = []
    /// What has no effect and what was decided, one sentence each.
    package var notes: [String] = []
    /// The completed configuration as text; nil where there is no model, or something is wrong.
    package var text: String?
    /// The completed configuration as JSON.
    package var json: String?
    /// The completed configuration.
    private var configuration: ModelConfiguration?

    /// Looks at a configuration's file, a model's file or folder, or a repository of models.
    ///
    /// - Throws: ``ServingError`` when there is nothing to look at.
    package static func reports(
        at path: String, options: Options, benchmark: SelfBenchmark? = nil, files: any FileReader = DiskFiles()
    ) throws(ServingError) -> [ConfigurationReport] {
        guard let whole = files.resolved(path), let status = files.status(whole) else {
            throw ServingError(.notFound, "there is nothing at '\(path)'")
        }
        let isModel = whole.hasSuffix(".onnx") || whole.hasSuffix(".plan")
        if status.kind == .file, !isModel { return [try report(onText: path, whole, options, benchmark, files)] }
        let scanner = RepositoryScanner(paths: [whole], files: files)
        if status.kind == .folder, let model = scanner.model(at: whole) {
            return [report(model, options, benchmark, files)]
        }
        let snapshot = scanner.scan()
        if let reason = snapshot.unreadable[whole] { throw ServingError(.internal, reason) }
        guard !snapshot.models.isEmpty else { throw ServingError(.notFound, "there are no models in '\(path)'") }
        var reports = snapshot.models.values.sorted { $0.name < $1.name }.map { report($0, options, benchmark, files) }
        let known = reports
        for index in reports.indices { reports[index].checkSteps(known) }
        return reports
    }

    /// Compares an ensemble with the models of its repository.
    private mutating func checkSteps(_ reports: [ConfigurationReport]) {
        guard mistakes.isEmpty, let configuration, configuration.ensemble != nil,
            let graph = try? EnsembleGraph(configuration)
        else { return }
        mistakes = EnsembleCheck.mistakes(configuration, graph) { model, _ in
            guard let report = reports.first(where: { $0.name == model }) else {
                return .missing("there is no model '\(model)' in the repository")
            }
            return report.configuration.map { .known($0) } ?? .missing("model '\(model)' cannot be served")
        }
        if !mistakes.isEmpty { (text, json) = (nil, nil) }
    }

    /// A configuration's file: with the model beside it when there is one, else by itself.
    private static func report(
        onText path: String, _ whole: String, _ options: Options, _ benchmark: SelfBenchmark?,
        _ files: any FileReader
    ) throws(ServingError) -> ConfigurationReport {
        let folder = whole.lastIndex(of: "/").map { String(whole[..<$0]) } ?? ""
        let scanner = RepositoryScanner(paths: [folder], files: files)
        if let model = scanner.model(at: folder), model.configuration == whole, !model.versions.isEmpty {
            return report(model, options, benchmark, files)
        }
        let text = try files.read(whole, atMost: ConfigurationReader.largest + 1)
        var report = ConfigurationReport(name: path)
        do throws(ConfigurationError) {
            let document = try ConfigurationReader.read(text: text, origin: path)
            report.add(document.message)
            if EnsembleCompletion.isEnsemble(document.message) {
                _ = try EnsembleCompletion.complete(document, name: document.message.name)
                return report
            }
            var message = document.message
            ConfigurationCompletion.completeInstances(&message)
            report.mistakes += ConfigurationCheck.mistakes(message, in: document).map(\.description)
        } catch {
            report.mistakes += error.mistakes.map(\.description)
        }
        return report
    }

    private static func report(
        _ model: ModelFolder, _ options: Options, _ benchmark: SelfBenchmark?, _ files: any FileReader
    ) -> ConfigurationReport {
        var report = ConfigurationReport(name: model.name)
        if let problem = model.problem {
            report.mistakes = [problem]
            return report
        }
        let files = ModelFiles(folder: model, given: [:], reader: files)
        let opener = ModelOpener(name: model.name, files: files, override: nil, options: options, benchmark: benchmark)
        do throws(ServingError) {
            if let (text, origin) = try files.configuration() {
                do throws(ConfigurationError) {
                    report.add(try ConfigurationReader.read(text: text, origin: origin).message)
                } catch {
                    report.mistakes = error.mistakes.map(\.description)
                }
            }
            guard report.mistakes.isEmpty else { return report }
            let opened = try opener.open().configuration
            report.configuration = opened
            report.notes = opened.notes
            report.text = opened.message.textFormatString()
            report.json = try ConfigurationJSON.text(opened.message)
        } catch {
            report.mistakes.append(error.message)
        }
        return report
    }

    private mutating func add(_ message: Inference_ModelConfig) {
        notes = ConfigurationNotes.notes(message)
        mistakes = ConfigurationNotes.unsupported(message).map { "\(name): \($0)" }
    }
}
