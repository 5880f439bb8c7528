// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension Tensor {
    /// A tensor of the elements that tokens spell.
    init(tokens: [GraphLexer.Token], _ elementType: ElementType, _ shape: Shape) throws(ComputeError) {
        switch elementType {
        case .float32: self = try Tensor.made(tokens, shape) { Float($0) }
        case .float64: self = try Tensor.made(tokens, shape) { Double($0) }
        case .float16: self = try Tensor.made(tokens, shape) { Float($0).map { Float16($0) } }
        case .bfloat16: self = try Tensor.made(tokens, shape) { Float($0).map { BFloat16($0) } }
        case .int8: self = try Tensor.made(tokens, shape) { Int8($0) }
        case .int16: self = try Tensor.made(tokens, shape) { Int16($0) }
        case .int32: self = try Tensor.made(tokens, shape) { Int32($0) }
        case .int64: self = try Tensor.made(tokens, shape) { Int64($0) }
        case .uint8: self = try Tensor.made(tokens, shape) { UInt8($0) }
        case .uint16: self = try Tensor.made(tokens, shape) { UInt16($0) }
        case .uint32: self = try Tensor.made(tokens, shape) { UInt32($0) }
        case .uint64: self = try Tensor.made(tokens, shape) { UInt64($0) }
        case .bool: self = try Tensor.made(tokens, shape) { $0 == "true" ? true : $0 == "false" ? false : nil }
        case .string:
            var strings: [String] = []
            for token in tokens {
                guard case .string(let text) = token else { throw .value("\(token.text) is no string") }
                strings.append(text)
            }
            self = try Tensor(strings: strings, shape: shape)
        default: throw .elementType("\(elementType.name) is written as hex")
        }
    }

    private static func made<Element: TensorElement>(
        _ tokens: [GraphLexer.Token], _ shape: Shape, _ element: (String) -> Element?
    ) throws(ComputeError) -> Tensor {
        var elements: [Element] = []
        elements.reserveCapacity(tokens.count)
        for token in tokens {
            switch token {
            case .number(let text), .word(let text):
                guard let value = element(text) else { throw .value("'\(text)' is no \(Element.elementType.name)") }
                elements.append(value)
            default: throw .value("\(token.text) is no \(Element.elementType.name)")
            }
        }
        return try Tensor(elements, shape: shape)
    }

    /// A tensor from its bytes in hexadecimal, or nil where they do not fit.
    init?(hex: String, _ elementType: ElementType, _ shape: Shape) {
        let digits = Array(hex.utf8)
        guard elementType != .string, elementType != .bool, var tensor = try? MutableTensor(elementType, shape),
            digits.count == tensor.elementCount * elementType.byteWidth * 2
        else { return nil }
        var bytes = tensor.mutableBytes
        for index in 0..<(digits.count / 2) {
            let pair = String(decoding: digits[(index * 2)..<(index * 2 + 2)], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        self = tensor.finish()
    }
}

extension Attribute {
    /// The attribute that holds a list of single ones of one kind, or nil where kinds differ; integers may be floats.
    init?(list: [Attribute]) {
        func all<Item>(_ item: (Attribute) -> Item?) -> [Item]? {
            let items = list.compactMap(item)
            return items.count == list.count ? items : nil
        }
        if let values = all({ if case .integer(let value) = $0 { value } else { nil } }) {
            self = .integers(values)
        } else if let values = all({ (item: Attribute) -> Float? in
            switch item {
            case .float(let value): value
            case .integer(let value): Float(value)
            default: nil
            }
        }) {
            self = .floats(values)
        } else if let values = all({ if case .string(let value) = $0 { value } else { nil } }) {
            self = .strings(values)
        } else if let values = all({ if case .tensor(let value) = $0 { value } else { nil } }) {
            self = .tensors(values)
        } else if let values = all({ if case .graph(let value) = $0 { value } else { nil } }) {
            self = .graphs(values)
        } else if let values = all({ if case .type(let value) = $0 { value } else { nil } }) {
            self = .types(values)
        } else {
            return nil
        }
    }
}

extension Graph {
    /// Makes the operations of all nodes, those of subgraphs included.
    ///
    /// - Throws: ``ComputeError`` for the first node the catalogue cannot resolve.
    package mutating func resolve(_ catalogue: Catalogue) throws(ComputeError) {
        for index in nodes.indices {
            if !nodes[index].subgraphs.isEmpty {
                try nodes[index].mapSubgraphs { (graph) throws(ComputeError) in
                    var graph = graph
                    try graph.resolve(catalogue)
                    return graph
                }
            }
            try catalogue.resolve(&nodes[index])
        }
    }
}
