// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus

/// The files of one model, in a folder or in memory.
struct ModelFiles {
    /// A file that a model can be opened from.
    enum Source {
        case path(String)
        case bytes([UInt8])
    }

    /// A folder of a repository.
    let folder: ModelFolder?
    /// Files that came with a request to load, by their paths below the model's folder: they stand for all of it.
    let given: [String: [UInt8]]
    let reader: any FileReader

    /// The most bytes of a file of labels or of inputs for warm-ups.
    private static let largest = 1 << 30

    /// The versions there are.
    var versions: [Int64] {
        guard given.isEmpty else {
            let folders = given.keys.compactMap { $0.split(separator: "/").first.map(String.init) }
            return Set(folders.compactMap(ModelName.version)).sorted()
        }
        guard let folder else { return [] }
        return folder.files.isEmpty ? folder.versions.keys.sorted() : [1]
    }

    /// The text of the configuration and what to call it; nil when there is none.
    ///
    /// - Throws: ``ServingError`` with code `internal` for a file that cannot be read.
    func configuration() throws(ServingError) -> (text: [UInt8], origin: String)? {
        if let text = given["config.pbtxt"] { return (text, "config.pbtxt") }
        guard given.isEmpty, let path = folder?.configuration else { return nil }
        return (try reader.read(path, atMost: ConfigurationReader.largest + 1), path)
    }

    /// The first of the given files that a version has.
    ///
    /// - Throws: ``ServingError`` that says where files were looked for.
    func models(_ version: Int64, names: [String]) throws(ServingError) -> [(name: String, source: Source)] {
        for name in names {
            if let mistake = ModelName.pathMistake(name) { throw ServingError(.invalidArgument, mistake) }
        }
        if !given.isEmpty {
            let found = names.compactMap { name in
                given["\(version)/\(name)"].map { (name: name, source: Source.bytes($0)) }
            }
            guard found.isEmpty else { return found }
            throw ServingError(
                .invalidArgument,
                "version \(version) came without \(names.map { "'file:\(version)/\($0)'" }.joined(separator: " or "))")
        }
        if let files = folder?.files, !files.isEmpty {
            return files.map { (name: String($0.split(separator: "/").last ?? ""), source: .path($0)) }
        }
        let place = folder?.versions[version] ?? ""
        var found: [(name: String, source: Source)] = []
        for name in names {
            let path = "\(place)/\(name)"
            guard let status = reader.status(path) else { continue }
            let whole = try contained(path)
            guard status.kind == .file else { throw ServingError(.invalidArgument, "'\(path)' is not a file") }
            found.append((name, .path(whole)))
        }
        guard found.isEmpty else { return found }
        throw ServingError(
            .notFound,
            "the folder '\(place)' has no \(names.map { "'\($0)'" }.joined(separator: " or ")): move the model there, "
                + "or write default_model_filename in the configuration")
    }

    /// The bytes of a file below the model's folder.
    ///
    /// - Throws: ``ServingError`` for a path that leads out of the folder, or to nothing.
    func read(_ path: String) throws(ServingError) -> [UInt8] {
        if let mistake = ModelName.pathMistake(path) { throw ServingError(.invalidArgument, mistake) }
        if let bytes = given[path] { return bytes }
        guard given.isEmpty, let folder else { throw ServingError(.notFound, "there is no file '\(path)'") }
        let whole = "\(folder.folder)/\(path)"
        guard let status = reader.status(whole) else {
            throw ServingError(.notFound, "there is no file '\(whole)'")
        }
        let resolved = try contained(whole)
        guard status.kind == .file else { throw ServingError(.invalidArgument, "'\(whole)' is not a file") }
        return try reader.read(resolved, atMost: Self.largest)
    }

    private func contained(_ path: String) throws(ServingError) -> String {
        guard let root = folder?.folder, let whole = reader.resolved(path), whole.hasPrefix(root + "/") else {
            throw ServingError(.invalidArgument, "'\(path)' is a link that leads out of the model's folder")
        }
        return whole
    }
}
