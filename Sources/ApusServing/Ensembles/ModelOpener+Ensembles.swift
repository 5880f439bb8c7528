// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol

extension ModelOpener {
    /// The versions there are; an ensemble needs no folder for its first.
    func available(_ document: ConfigurationReader.Document) -> [Int64] {
        let versions = files.versions
        return versions.isEmpty && EnsembleCompletion.isEnsemble(document.message) ? [1] : versions
    }

    /// Completes the configuration of an ensemble and selects its versions.
    ///
    /// - Throws: ``ServingError`` that says what is wrong with it, whatever its models are.
    func openEnsemble(_ document: ConfigurationReader.Document) throws(ServingError) -> Opened {
        let available = available(document)
        let versions = VersionPolicy(document.message.versionPolicy).select(available)
        guard !versions.isEmpty else {
            throw ServingError(
                .notFound, "ensemble '\(name)' has versions \(available), but its version policy wants none")
        }
        let result: ConfigurationCompletion.Result
        do throws(ConfigurationError) {
            result = try EnsembleCompletion.complete(document, name: name)
        } catch {
            throw ServingError(error)
        }
        var configuration = ModelConfiguration(result.message, notes: (files.folder?.notes ?? []) + result.notes)
        try addLabels(&configuration)
        return Opened(sources: [], versions: versions, configuration: configuration)
    }
}
