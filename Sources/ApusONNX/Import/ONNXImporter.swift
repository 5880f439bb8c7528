// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusGraphs
public import ApusTensors

/// Reads ONNX models and tensor files.
public struct ONNXImporter: Sendable {
    /// The versions of ONNX's file format that are read.
    public static let irVersions = 3...14
    /// The newest version of ONNX's own operators that is known.
    public static let newestOpset = 28

    /// The operators nodes are made of; without one they stay unresolved.
    public var catalogue: Catalogue?
    /// What is accepted.
    public var options: ImportOptions

    /// Makes an importer; with a catalogue every node is resolved.
    public init(catalogue: Catalogue?, options: ImportOptions = ImportOptions()) {
        self.catalogue = catalogue
        self.options = options
    }

    /// Reads the model in a file, whose weights are used where they lie in the mapped file.
    ///
    /// - Throws: ``ImportError``.
    public func importModel(path: String) throws(ImportError) -> ImportedModel {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        do {
            return try importModel(try ONNXImporter.map(path), folder: folder)
        } catch {
            throw error.naming(path)
        }
    }

    /// Reads a model from bytes, which are copied once; external data is looked for in the folder.
    ///
    /// - Throws: ``ImportError``.
    public func importModel(bytes: [UInt8], folder: String? = nil) throws(ImportError) -> ImportedModel {
        try importModel(ONNXImporter.copy(bytes), folder: folder)
    }

    /// Reads a model from memory that its weights will share.
    ///
    /// - Throws: ``ImportError``.
    package func importModel(_ source: TensorStorage, folder: String?) throws(ImportError) -> ImportedModel {
        if PlanHeader.isPlan(source.bytes) { return try importModel(PlanReader(source)) }
        let message: ModelMessage
        do { message = try ModelMessage(source, source.wholeRange) } catch {
            guard error.code != .damaged else { throw error }
            throw ImportError(error.code, FileKind.complaint(source) + error.message, at: error.byteOffset)
        }
        guard message.irVersion != nil || message.graph != nil else {
            throw ImportError(.malformed, FileKind.complaint(source) + "neither a version nor a graph is there")
        }
        let version = message.properties.irVersion
        guard ONNXImporter.irVersions.contains(version) else {
            let known = ONNXImporter.irVersions
            throw ImportError(
                .unsupported,
                "the model's IR version is \(version), known are \(known.lowerBound) to \(known.upperBound)")
        }
        let external = folder.map { ExternalData(folder: $0, allowsHardLinks: options.allowsHardLinks) }
        let reader = TensorReader(source: source, external: external, options: options)
        var model = try self.model(message, reader)
        model.externalFiles = external?.locations ?? []
        return model
    }

    /// Reads the model in a plan, whose weights are used where they lie.
    ///
    /// - Throws: ``ImportError``.
    package func importModel(_ plan: PlanReader) throws(ImportError) -> ImportedModel {
        do {
            let message = try ModelMessage(plan.storage, plan.header.model)
            var model = try self.model(message, TensorReader(source: plan.storage, plan: plan, options: options))
            model.plan = plan.record
            return model
        } catch {
            throw error.naming(plan.path)
        }
    }

    private func model(_ message: ModelMessage, _ reader: TensorReader) throws(ImportError) -> ImportedModel {
        guard let graph = message.graph else { throw ImportError(.malformed, "the model has no graph") }
        let builder = try ModelBuilder(message, reader: reader, catalogue: catalogue)
        let model = try builder.model(graph)
        if let path = reader.source.damagedFile ?? model.graph.damagedFile {
            throw ImportError(.file, "'\(path)' was cut short while it was being read")
        }
        return model
    }

    /// Reads a file that holds one tensor, sequence, map or optional, as the type says; without one, a tensor.
    ///
    /// - Throws: ``ImportError``.
    public func importDatum(path: String, as type: ValueType? = nil) throws(ImportError) -> Datum {
        do {
            // An optional that holds nothing may be written as no bytes at all.
            if case .optional = type, ONNXImporter.isEmptyFile(path) { return .none }
            let source = try ONNXImporter.map(path)
            return try DatumReader(source: source, options: options).datum(source.wholeRange, as: type)
        } catch {
            throw error.naming(path)
        }
    }

    /// Reads one tensor, sequence, map or optional from bytes.
    ///
    /// - Throws: ``ImportError``.
    public func importDatum(bytes: [UInt8], as type: ValueType? = nil) throws(ImportError) -> Datum {
        let source = try ONNXImporter.copy(bytes)
        return try DatumReader(source: source, options: options).datum(source.wholeRange, as: type)
    }

    private static func isEmptyFile(_ path: String) -> Bool {
        do {
            _ = try MappedFile(path: path)
            return false
        } catch {
            return error.code == .empty
        }
    }

    static func map(_ path: String) throws(ImportError) -> TensorStorage {
        do { return try MappedFile(path: path).storage } catch {
            var refusal = ImportError(.file, error.message)
            refusal.path = error.path
            throw refusal
        }
    }

    static func copy(_ bytes: [UInt8]) throws(ImportError) -> TensorStorage {
        do { return try TensorStorage(copying: bytes.span) } catch {
            throw ImportError(.limit, "the bytes cannot be held", cause: error)
        }
    }
}

/// Recognises files that are often taken for ONNX models.
enum FileKind {
    private static let signatures: [(offset: Int, bytes: String, name: String)] = [
        (0, "PK\u{3}\u{4}", "a zip archive (perhaps of PyTorch)"), (0, "\u{89}HDF", "an HDF5 file (perhaps of Keras)"),
        (4, "ORTM", "a model in ONNX Runtime's own format"), (4, "TFL3", "a TensorFlow Lite model"),
        (0, "version https://git-lfs", "a Git LFS pointer, not the file itself"), (0, "GGUF", "a GGUF model"),
        (0, "{", "JSON"), (0, "<", "HTML or XML"),
    ]

    /// How the error about such a file begins.
    static func complaint(_ source: TensorStorage) -> String {
        for (offset, text, name) in signatures {
            let expected = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            guard source.byteCount >= offset + expected.count else { continue }
            if expected.indices.allSatisfy({ source.bytes[offset + $0] == expected[$0] }) {
                return "this is \(name), no ONNX model: "
            }
        }
        return "this is no ONNX model: "
    }
}
