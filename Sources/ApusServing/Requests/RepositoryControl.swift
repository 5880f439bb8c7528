// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What the server asks of the repository its models come from.
package protocol RepositoryControl: Sendable {
    /// Whether everything that should be loaded at the start is loaded, or has failed to be.
    var isReady: Bool { get }

    /// The models there are, with the state of each version.
    func index(onlyReady: Bool) -> [RepositoryIndexEntry]

    /// Whether a version of a model that is not in memory is loaded when it is asked for.
    func loadsOnRequest(_ model: String, version: String) -> Bool

    /// Loads a model, or loads it again, with a configuration or files in place of its own.
    ///
    /// - Throws: ``ServingError`` when models may not be loaded on request, or this one cannot be.
    func load(
        _ model: String, parameters: [String: ParameterValue], files: [String: [UInt8]]
    ) async throws(ServingError)

    /// Unloads a model, and the models it is made of when asked to.
    ///
    /// - Throws: ``ServingError`` when models may not be unloaded on request.
    func unload(_ model: String, withDependents: Bool) async throws(ServingError)
}

extension RepositoryControl {
    /// Nothing is loaded unless somebody says so.
    package func loadsOnRequest(_ model: String, version: String) -> Bool { false }
}
