// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// A `GraphProto`; subgraphs lie undecoded in the attributes of its nodes.
struct GraphMessage {
    var name = ""
    var nodes: [NodeMessage] = []
    var initializers: [TensorMessage] = []
    var sparseInitializers: [SparseTensorMessage] = []
    var inputs: [Value] = []
    var outputs: [Value] = []
    var values: [Value] = []

    init(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) {
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: nodes.append(try NodeMessage(field.message(), in: source))
            case 2: name = try field.string(in: source)
            case 5: initializers.append(try TensorMessage(field.message(), in: source))
            case 15: sparseInitializers.append(try SparseTensorMessage(field.message(), in: source))
            case 11: inputs.append(try TypeMessage.value(field.message(), in: source))
            case 12: outputs.append(try TypeMessage.value(field.message(), in: source))
            case 13: values.append(try TypeMessage.value(field.message(), in: source))
            default: continue
            }
        }
    }
}

/// A `NodeProto`.
struct NodeMessage {
    var inputs: [String] = []
    var outputs: [String] = []
    var name = ""
    var operatorName = ""
    var domain = ""
    var overload = ""
    var attributes: [AttributeMessage] = []
    let byteOffset: Int

    init(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) {
        byteOffset = range.lowerBound
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: inputs.append(try field.string(in: source))
            case 2: outputs.append(try field.string(in: source))
            case 3: name = try field.string(in: source)
            case 4: operatorName = try field.string(in: source)
            case 5: attributes.append(try AttributeMessage(field.message(), in: source))
            case 7: domain = ModelMessage.canonicalDomain(try field.string(in: source))
            case 8: overload = try field.string(in: source)
            default: continue
            }
        }
        while inputs.last == "" { inputs.removeLast() }
        while outputs.last == "" { outputs.removeLast() }
    }

    /// The node as messages name it.
    var title: String {
        let kind = domain.isEmpty ? operatorName : "\(domain).\(operatorName)"
        if !name.isEmpty { return "node \(name.quoted) (\(kind.quoted))" }
        return "the \(kind.quoted) node that makes \((outputs.first { !$0.isEmpty } ?? "nothing").quoted)"
    }
}

/// An `AttributeProto`; its value is decoded when it is asked for.
struct AttributeMessage {
    enum Kind: Int64 {
        case float = 1
        case integer = 2
        case string = 3
        case tensor = 4
        case graph = 5
        case floats = 6
        case integers = 7
        case strings = 8
        case tensors = 9
        case graphs = 10
        case sparseTensor = 11
        case sparseTensors = 12
        case type = 13
        case types = 14
    }

    var name = ""
    /// The attribute of the enclosing function this one stands for.
    var reference = ""
    var kind: Kind?
    let range: Range<Int>

    private static let kinds: [Int: Kind] = [
        2: .float, 3: .integer, 4: .string, 5: .tensor, 6: .graph, 7: .floats, 8: .integers, 9: .strings,
        10: .tensors, 11: .graphs, 22: .sparseTensor, 23: .sparseTensors, 14: .type, 15: .types,
    ]

    init(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) {
        self.range = range
        var reader = WireReader(source.bytes, range)
        var declared: Int64 = 0
        var present: Kind?
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.string(in: source)
            case 20: declared = try field.integer()
            case 21: reference = try field.string(in: source)
            default: present = AttributeMessage.kinds[field.number] ?? present
            }
        }
        guard !name.isEmpty else { throw ImportError(.malformed, "an attribute has no name", at: range.lowerBound) }
        kind = declared == 0 ? present : Kind(rawValue: declared)
        guard kind != nil || !reference.isEmpty else {
            throw ImportError(
                .malformed, "attribute \(name.quoted) is of the unknown type \(declared)", at: range.lowerBound)
        }
    }
}
