// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Finds the models in repositories, without opening any.
package struct RepositoryScanner: Sendable {
    /// What was found.
    package struct Snapshot: Sendable {
        /// The models by name.
        package var models: [String: ModelFolder] = [:]
        /// Places that could not be read, and why.
        package var unreadable: [String: String] = [:]
    }

    private let paths: [String]
    private let files: any FileReader
    private let mostFiles: Int
    private static let deepest = 6

    /// Looks into the given folders and at the given files.
    package init(paths: [String], files: any FileReader = DiskFiles(), mostFiles: Int = 10_000) {
        self.paths = paths
        self.files = files
        self.mostFiles = mostFiles
    }

    /// The models there are now.
    package func scan() -> Snapshot {
        var snapshot = Snapshot()
        for path in paths {
            guard let root = files.resolved(path), let status = files.status(root) else {
                snapshot.unreadable[path] = "there is nothing at this path"
                continue
            }
            if status.kind == .file {
                add(single(path, root), to: &snapshot)
                continue
            }
            do throws(ServingError) {
                for model in try models(in: root) { add(model, to: &snapshot) }
            } catch {
                snapshot.unreadable[path] = error.message
            }
        }
        return snapshot
    }

    /// The model whose own folder this is; nil for a folder without a configuration and versions.
    package func model(at folder: String) -> ModelFolder? {
        let name = folder.split(separator: "/").last.map(String.init) ?? ""
        var model = ModelFolder(name: name, folder: folder)
        model.problem = ModelName.mistake(name)
        guard (try? fill(&model)) != nil, model.configuration != nil || !model.versions.isEmpty else { return nil }
        return model
    }

    private func add(_ model: ModelFolder, to snapshot: inout Snapshot) {
        guard var other = snapshot.models[model.name] else {
            snapshot.models[model.name] = model
            return
        }
        let (first, second) = (place(other), place(model))
        guard first != second else { return }
        other.problem = "there is more than one model '\(model.name)': \(first) and \(second); rename one of them"
        other.fingerprint.merge(model.fingerprint) { $1 }
        snapshot.models[model.name] = other
    }

    private func place(_ model: ModelFolder) -> String { "'\(model.files.first ?? model.folder)'" }

    /// A file the server was started with: links are followed wherever they lead.
    private func single(_ path: String, _ root: String) -> ModelFolder {
        let slash = root.lastIndex(of: "/") ?? root.startIndex
        let base = path.split(separator: "/").last.map(String.init) ?? path
        var model = ModelFolder(name: Self.stem(base), folder: String(root[..<slash]))
        model.files = [root]
        model.problem = ModelName.mistake(model.name)
        if let status = files.status(root) { model.fingerprint[root] = status }
        return model
    }

    private static func stem(_ name: String) -> String {
        for ending in [".onnx", ".plan"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return name
    }

    private func models(in root: String) throws(ServingError) -> [ModelFolder] {
        var models: [ModelFolder] = []
        var bare: [String: [String]] = [:]
        for name in try files.names(in: root).sorted() where !name.hasPrefix(".") {
            let path = "\(root)/\(name)"
            guard let status = files.status(path) else { continue }
            if status.kind == .folder {
                models.append(folder(name, path, in: root))
            } else if status.kind == .file, Self.stem(name) != name {
                bare[Self.stem(name), default: []].append(path)
            }
        }
        for (name, paths) in bare.sorted(by: { $0.key < $1.key }) { models.append(bareModel(name, paths, in: root)) }
        return models
    }

    private func bareModel(_ name: String, _ paths: [String], in root: String) -> ModelFolder {
        var model = ModelFolder(name: name, folder: root)
        model.problem = ModelName.mistake(name)
        // The names end in onnx and plan: the plan is to come first.
        for path in paths.sorted(by: >) {
            guard let whole = contained(path, in: root) else {
                model.problem = "'\(path)' is a link that leads out of the repository '\(root)'"
                continue
            }
            model.files.append(whole)
            if let status = files.status(whole) { model.fingerprint[whole] = status }
        }
        return model
    }

    private func folder(_ name: String, _ path: String, in root: String) -> ModelFolder {
        guard ModelName.mistake(name) == nil, let whole = contained(path, in: root) else {
            var model = ModelFolder(name: name, folder: path)
            model.problem =
                ModelName.mistake(name) ?? "'\(path)' is a link that leads out of the repository '\(root)'"
            return model
        }
        var model = ModelFolder(name: name, folder: whole)
        do throws(ServingError) {
            try fill(&model)
        } catch {
            model.problem = error.message
        }
        return model
    }

    private func fill(_ model: inout ModelFolder) throws(ServingError) {
        for name in try files.names(in: model.folder).sorted() where !name.hasPrefix(".") {
            let path = "\(model.folder)/\(name)"
            guard let status = files.status(path) else { continue }
            guard let whole = contained(path, in: model.folder) else {
                model.notes.append("'\(path)' is passed over: it is a link that leads out of the model's folder")
                continue
            }
            if name == "config.pbtxt", status.kind == .file { model.configuration = whole }
            if status.kind == .folder {
                if let version = ModelName.version(name) {
                    model.versions[version] = whole
                } else if Int64(name) != nil {
                    model.notes.append(
                        "the folder '\(name)' is passed over: versions are numbers from 1 that do not begin with 0")
                }
            }
            stamp(whole, status, &model, depth: 0)
        }
    }

    /// Adds a file, or all files of a folder, to the model's fingerprint.
    private func stamp(_ path: String, _ status: FileStatus, _ model: inout ModelFolder, depth: Int) {
        guard model.fingerprint.count < mostFiles else { return }
        guard status.kind == .folder else {
            model.fingerprint[path] = status
            return
        }
        model.fingerprint[path] = FileStatus(kind: .folder)
        guard depth < Self.deepest, let names = try? files.names(in: path) else { return }
        for name in names.sorted() where !name.hasPrefix(".") {
            let inner = "\(path)/\(name)"
            guard contained(inner, in: model.folder) != nil, let status = files.status(inner) else { continue }
            stamp(inner, status, &model, depth: depth + 1)
        }
    }

    /// The path without links, when it is inside the folder.
    private func contained(_ path: String, in folder: String) -> String? {
        guard let whole = files.resolved(path), whole.hasPrefix(folder == "/" ? "/" : folder + "/") else { return nil }
        return whole
    }
}
