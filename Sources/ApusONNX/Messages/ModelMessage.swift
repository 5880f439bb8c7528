// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// A `ModelProto`; the graph and the bodies of functions are places still to be read.
struct ModelMessage {
    var properties = ModelProperties()
    var irVersion: Int64?
    var graph: Range<Int>?
    var functions: [FunctionMessage] = []

    init(_ source: TensorStorage, _ range: Range<Int>) throws(ImportError) {
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: irVersion = try field.integer()
            case 2: properties.producerName = try field.string(in: source)
            case 3: properties.producerVersion = try field.string(in: source)
            case 4: properties.domain = try field.string(in: source)
            case 5: properties.modelVersion = Int(try field.integer())
            case 6: properties.documentation = try field.string(in: source)
            case 7: graph = try field.message()
            case 8: try ModelMessage.addOpset(field.message(), in: source, to: &properties.opsets)
            case 14: properties.metadata.append(try PairMessage.read(field.message(), in: source))
            case 25: functions.append(try FunctionMessage(field.message(), in: source))
            case PlanHeader.fields.record, PlanHeader.fields.segments:
                throw ImportError(.damaged, "this is a plan, but it does not begin like one", at: range.lowerBound)
            default: continue
            }
        }
        properties.irVersion = Int(irVersion ?? 0)
    }

    /// The domain with ONNX's own spelt as the empty string.
    static func canonicalDomain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

    static func addOpset(
        _ range: Range<Int>, in source: TensorStorage, to opsets: inout [String: Int]
    ) throws(ImportError) {
        var domain = ""
        var version: Int64 = 0
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: domain = try field.string(in: source)
            case 2: version = try field.integer()
            default: continue
            }
        }
        guard version >= 0, version <= 1 << 31 else {
            throw ImportError(.malformed, "\(version) is no version of \(domain.quoted)", at: range.lowerBound)
        }
        opsets[canonicalDomain(domain)] = Int(version)
    }
}

/// A `FunctionProto`: a model-local operator given by nodes.
struct FunctionMessage {
    struct Key: Hashable {
        var domain: String
        var name: String
        var overload: String
    }

    var key = Key(domain: "", name: "", overload: "")
    var inputs: [String] = []
    var outputs: [String] = []
    var defaults: [AttributeMessage] = []
    var nodes: [NodeMessage] = []
    var opsets: [String: Int] = [:]
    var values: [Value] = []

    init(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) {
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: key.name = try field.string(in: source)
            case 4: inputs.append(try field.string(in: source))
            case 5: outputs.append(try field.string(in: source))
            case 7: nodes.append(try NodeMessage(field.message(), in: source))
            case 9: try ModelMessage.addOpset(field.message(), in: source, to: &opsets)
            case 10: key.domain = ModelMessage.canonicalDomain(try field.string(in: source))
            case 11: defaults.append(try AttributeMessage(field.message(), in: source))
            case 12: values.append(try TypeMessage.value(field.message(), in: source))
            case 13: key.overload = try field.string(in: source)
            default: continue
            }
        }
    }
}
