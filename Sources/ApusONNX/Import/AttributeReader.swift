// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Decodes the attributes of a node.
struct AttributeReader {
    let builder: GraphBuilder
    let scope: Scope
    let context: BodyContext

    private var source: TensorStorage { builder.model.source }
    private var reader: TensorReader { builder.model.reader }

    /// The value, nil where it stands for an attribute that the call of the function does not have.
    func attribute(_ message: AttributeMessage, of node: NodeMessage) throws(ImportError) -> Attribute? {
        guard !message.reference.isEmpty else { return try value(of: message) }
        guard let attributes = context.attributes else {
            throw ImportError(
                .graph,
                "\(node.title): the attribute \(message.name.quoted) stands for one of a function, "
                    + "and there is none around it", at: node.byteOffset)
        }
        return attributes[message.reference]
    }

    func value(of message: AttributeMessage) throws(ImportError) -> Attribute {
        var scalar: WireField?
        var list: [WireField] = []
        guard let kind = message.kind, let number = AttributeReader.fields[kind] else {
            throw ImportError(.malformed, "attribute \(message.name.quoted) has no type", at: message.range.lowerBound)
        }
        var wire = WireReader(source.bytes, message.range)
        while let field = try wire.next() {
            guard field.number == number else { continue }
            scalar = field
            if kind.isList { list.append(field) }
        }
        return try decode(kind, scalar, list, message)
    }

    private static let fields: [AttributeMessage.Kind: Int] = [
        .float: 2, .integer: 3, .string: 4, .tensor: 5, .graph: 6, .floats: 7, .integers: 8, .strings: 9, .tensors: 10,
        .graphs: 11, .sparseTensor: 22, .sparseTensors: 23, .type: 14, .types: 15,
    ]

    private func decode(
        _ kind: AttributeMessage.Kind, _ field: WireField?, _ list: [WireField], _ message: AttributeMessage
    ) throws(ImportError) -> Attribute {
        switch kind {
        case .float: return .float(try field?.float() ?? 0)
        case .integer: return .integer(try field?.integer() ?? 0)
        case .string: return .string(try field?.string(in: source) ?? "")
        case .floats:
            var values: [Float] = []
            for field in list { values += try field.floats(in: source) }
            return .floats(values)
        case .integers:
            var values: [Int64] = []
            for field in list { values += try field.integers(in: source) }
            return .integers(values)
        case .strings: return .strings(try each(list) { (field) throws(ImportError) in try field.string(in: source) })
        case .tensors: return .tensors(try each(list, tensor))
        case .sparseTensors: return .tensors(try each(list, sparse))
        case .graphs: return .graphs(try each(list, graph))
        case .types: return .types(try each(list, type))
        case .tensor, .sparseTensor, .graph, .type:
            guard let field else {
                throw ImportError(
                    .malformed, "attribute \(message.name.quoted) has no value", at: message.range.lowerBound)
            }
            switch kind {
            case .tensor: return .tensor(try tensor(field))
            case .sparseTensor: return .tensor(try sparse(field))
            case .graph: return .graph(try graph(field))
            default: return .type(try type(field))
            }
        }
    }

    private func each<Element>(
        _ fields: [WireField], _ read: (WireField) throws(ImportError) -> Element
    ) throws(ImportError) -> [Element] {
        var result: [Element] = []
        for field in fields { result.append(try read(field)) }
        return result
    }

    private func tensor(_ field: WireField) throws(ImportError) -> Tensor {
        try reader.tensor(TensorMessage(field.message(), in: source))
    }

    private func sparse(_ field: WireField) throws(ImportError) -> Tensor {
        try reader.sparse(SparseTensorMessage(field.message(), in: source))
    }

    private func type(_ field: WireField) throws(ImportError) -> ValueType {
        try TypeMessage.type(field.message(), in: source)
    }

    private func graph(_ field: WireField) throws(ImportError) -> Graph {
        guard scope.depth < ModelBuilder.deepest else {
            throw ImportError(
                .limit, "subgraphs are nested more than \(ModelBuilder.deepest) deep", at: field.range.lowerBound)
        }
        let message = try GraphMessage(field.message(), in: source)
        return try GraphBuilder(builder.model, scope: Scope(inside: scope), context: context, role: .subgraph)
            .graph(message)
    }
}

extension AttributeMessage.Kind {
    /// Whether the field may come several times.
    var isList: Bool {
        switch self {
        case .floats, .integers, .strings, .tensors, .sparseTensors, .graphs, .types: true
        default: false
        }
    }
}
