// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The messages of ONNX, as far as mutation tells them apart.
package enum MessageKind: Int, CaseIterable {
    case model
    case opset
    case property
    case function
    case graph
    case node
    case attribute
    case tensor
    case sparseTensor
    case value
    case type
    case tensorType
    case sequenceType
    case mapType
    case shape
    case dimension

    /// What the field of a number holds, where it is a message.
    func child(_ number: Int) -> MessageKind? {
        switch (self, number) {
        case (.model, 7): .graph
        case (.model, 8), (.function, 9): .opset
        case (.model, 14), (.tensor, 13): .property
        case (.model, 25): .function
        case (.function, 7), (.graph, 1): .node
        case (.function, 11), (.node, 5): .attribute
        case (.function, 12): .value
        case (.graph, 5): .tensor
        case (.graph, 11), (.graph, 12), (.graph, 13): .value
        case (.graph, 15): .sparseTensor
        case (.attribute, 5), (.attribute, 10), (.sparseTensor, 1), (.sparseTensor, 2): .tensor
        case (.attribute, 6), (.attribute, 11): .graph
        case (.attribute, 22), (.attribute, 23): .sparseTensor
        case (.attribute, 14), (.attribute, 15), (.value, 2), (.mapType, 2), (.sequenceType, 1): .type
        case (.type, 1), (.type, 8): .tensorType
        case (.type, 4), (.type, 9): .sequenceType
        case (.type, 5): .mapType
        case (.tensorType, 2): .shape
        case (.shape, 1): .dimension
        default: nil
        }
    }

    /// Whether the field of a number may be a list of base-128 numbers in one piece.
    func isPacked(_ number: Int) -> Bool {
        switch (self, number) {
        case (.tensor, 1), (.tensor, 5), (.tensor, 7), (.tensor, 11), (.attribute, 8), (.sparseTensor, 3): true
        default: false
        }
    }
}

/// A protocol buffer taken apart, so that what is changed inside it keeps its lengths right.
package struct WireField {
    package enum Payload {
        case number(UInt64)
        case fixed([UInt8], wireType: UInt64)
        case bytes([UInt8])
        case message([WireField], MessageKind)
    }

    package var number: Int
    package var payload: Payload

    /// The fields of a message; nil when the bytes are none.
    package static func parse(_ bytes: ArraySlice<UInt8>, as kind: MessageKind, depth: Int = 0) -> [WireField]? {
        var rest = bytes
        var fields: [WireField] = []
        while !rest.isEmpty {
            guard let tag = takeNumber(&rest), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return nil }
            let number = Int(tag >> 3)
            switch tag & 7 {
            case 0:
                guard let value = takeNumber(&rest) else { return nil }
                fields.append(WireField(number: number, payload: .number(value)))
            case 1, 5:
                let count = tag & 7 == 1 ? 8 : 4
                guard rest.count >= count else { return nil }
                fields.append(
                    WireField(number: number, payload: .fixed(Array(rest.prefix(count)), wireType: tag & 7)))
                rest = rest.dropFirst(count)
            case 2:
                guard let length = takeNumber(&rest), length <= UInt64(rest.count) else { return nil }
                let contents = rest.prefix(Int(length))
                rest = rest.dropFirst(Int(length))
                if depth < 64, let child = kind.child(number),
                    let inner = parse(contents, as: child, depth: depth + 1)
                {
                    fields.append(WireField(number: number, payload: .message(inner, child)))
                } else {
                    fields.append(WireField(number: number, payload: .bytes(Array(contents))))
                }
            default: return nil
            }
        }
        return fields
    }

    /// The bytes of a message.
    package static func bytes(of fields: [WireField]) -> [UInt8] {
        var result: [UInt8] = []
        for field in fields { field.append(to: &result) }
        return result
    }

    private func append(to target: inout [UInt8]) {
        let tag = UInt64(number) << 3
        switch payload {
        case .number(let value): target += WireField.encoded(tag) + WireField.encoded(value)
        case .fixed(let bytes, let wireType): target += WireField.encoded(tag | wireType) + bytes
        case .bytes(let bytes): target += WireField.encoded(tag | 2) + WireField.encoded(UInt64(bytes.count)) + bytes
        case .message(let fields, _):
            let bytes = WireField.bytes(of: fields)
            target += WireField.encoded(tag | 2) + WireField.encoded(UInt64(bytes.count)) + bytes
        }
    }

    /// The number of fields in a tree.
    static func count(_ fields: [WireField]) -> Int {
        fields.reduce(0) { sum, field in
            if case .message(let inner, _) = field.payload { sum + 1 + count(inner) } else { sum + 1 }
        }
    }

    /// A number in base 128.
    static func encoded(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        return bytes
    }

    /// Takes a number in base 128 off the front.
    static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
