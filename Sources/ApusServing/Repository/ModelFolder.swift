// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One model as it lies in a repository.
package struct ModelFolder: Sendable, Hashable {
    /// What tells one state of the model's files from another: each file's status by its path.
    package typealias Fingerprint = [String: FileStatus]

    /// The model's name.
    package var name: String
    /// The folder that holds all its files, without links.
    package var folder: String
    /// The model's file, where it has no folder of its own; a plan before the model it was made from.
    package var files: [String] = []
    /// The configuration's file.
    package var configuration: String?
    /// The version folders by their numbers.
    package var versions: [Int64: String] = [:]
    /// What tells one state of the files from another.
    package var fingerprint: Fingerprint = [:]
    /// What was passed over and why.
    package var notes: [String] = []
    /// Why the model cannot be loaded at all.
    package var problem: String?

    /// Names a model.
    package init(name: String, folder: String) {
        self.name = name
        self.folder = folder
    }
}
