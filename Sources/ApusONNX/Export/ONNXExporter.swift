// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusGraphs
public import ApusTensors

/// Writes graphs as ONNX models and values as ONNX tensor files.
public struct ONNXExporter: Sendable {
    /// What the model says about itself; the operator versions are those of the graph.
    public var properties: ModelProperties
    /// Weights of at least this many bytes go to a second file beside the model; nil keeps all in one.
    public var externalDataThresholdBytes: Int?

    /// The most bytes other readers take as one protocol buffer.
    public static let largestModelByteCount = 1 << 31 - 1

    /// Makes an exporter.
    public init(properties: ModelProperties = ModelProperties(), externalDataThresholdBytes: Int? = nil) {
        self.properties = properties
        self.externalDataThresholdBytes = externalDataThresholdBytes
    }

    /// Writes the model to a file; weights are streamed from where they lie.
    ///
    /// The file appears complete or not at all, so a model may be written over the one it was read from.
    ///
    /// - Throws: ``ExportError``.
    public func export(_ graph: Graph, to path: String) throws(ExportError) {
        let name = path.split(separator: "/").last.map(String.init) ?? "model.onnx"
        let weights = externalDataThresholdBytes.map { WeightFile(location: name + ".data", thresholdBytes: $0) }
        let writer = try message(graph, weights)
        guard writer.byteCount <= ONNXExporter.largestModelByteCount else {
            throw ExportError(
                .unsupported, "'\(path)': the model takes \(writer.byteCount) bytes, over 2 GiB needs external data")
        }
        if let weights, !weights.parts.isEmpty { try OutputFile.write(weights.parts, to: path + ".data") }
        try OutputFile.write(writer.parts, to: path)
    }

    /// The bytes of the model.
    ///
    /// - Throws: ``ExportError`` with code `unsupported`.
    public func bytes(of graph: Graph) throws(ExportError) -> [UInt8] { try message(graph, nil).joined }

    /// The bytes of a file that holds one value; the type tells an optional from what it holds.
    ///
    /// - Throws: ``ExportError`` with code `unsupported`.
    public func bytes(of datum: Datum, as type: ValueType? = nil) throws(ExportError) -> [UInt8] {
        try DatumWriter.message(datum, as: type).joined
    }

    /// Writes a file that holds one value.
    ///
    /// - Throws: ``ExportError``.
    public func export(_ datum: Datum, as type: ValueType? = nil, to path: String) throws(ExportError) {
        try OutputFile.write(DatumWriter.message(datum, as: type).parts, to: path)
    }

    func message(_ graph: Graph, _ weights: (any ExternalTensors)?) throws(ExportError) -> WireWriter {
        let builder = GraphWriter(graph, weights: weights)
        let body = try builder.message(graph, outer: [])
        var writer = WireWriter()
        writer.integer(1, Int64(max(properties.irVersion, builder.leastIRVersion)))
        writer.text(2, properties.producerName.isEmpty ? "apus" : properties.producerName)
        writer.text(3, properties.producerVersion)
        writer.text(4, properties.domain)
        if properties.modelVersion != 0 { writer.integer(5, Int64(properties.modelVersion)) }
        writer.text(6, properties.documentation)
        writer.message(7, body)
        for (domain, version) in builder.opsets.sorted(by: { $0.key < $1.key }) {
            writer.message(8, ONNXExporter.opset(domain, version))
        }
        for (key, value) in properties.metadata { writer.message(14, ONNXExporter.pair(key, value)) }
        for function in builder.functions { writer.message(25, function) }
        return writer
    }

    static func opset(_ domain: String, _ version: Int) -> WireWriter {
        var writer = WireWriter()
        writer.string(1, domain)
        writer.integer(2, Int64(version))
        return writer
    }

    static func pair(_ key: String, _ value: String) -> WireWriter {
        var writer = WireWriter()
        writer.string(1, key)
        writer.string(2, value)
        return writer
    }
}
