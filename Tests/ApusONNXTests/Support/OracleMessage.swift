// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SwiftProtobuf

/// A message that SwiftProtobuf reads and writes by a list of its fields.
protocol OracleMessage: Message, Sendable, Equatable {
    static var fields: [OracleField<Self>] { get }
}

/// One field of a message: its number and where it is kept.
enum OracleField<Owner> {
    case integer(Int, WritableKeyPath<Owner, Int64?>)
    case integers(Int, WritableKeyPath<Owner, [Int64]>)
    case packedIntegers(Int, WritableKeyPath<Owner, [Int64]>)
    case packedUnsigned(Int, WritableKeyPath<Owner, [UInt64]>)
    case float(Int, WritableKeyPath<Owner, Float?>)
    case floats(Int, WritableKeyPath<Owner, [Float]>)
    case packedFloats(Int, WritableKeyPath<Owner, [Float]>)
    case packedDoubles(Int, WritableKeyPath<Owner, [Double]>)
    case text(Int, WritableKeyPath<Owner, String?>)
    case texts(Int, WritableKeyPath<Owner, [String]>)
    case bytes(Int, WritableKeyPath<Owner, Data?>)
    case bytesList(Int, WritableKeyPath<Owner, [Data]>)
    case messages(Int, any OracleChildren<Owner>)

    var number: Int {
        switch self {
        case .integer(let number, _), .integers(let number, _), .packedIntegers(let number, _),
            .packedUnsigned(let number, _), .float(let number, _), .floats(let number, _),
            .packedFloats(let number, _), .packedDoubles(let number, _), .text(let number, _),
            .texts(let number, _), .bytes(let number, _), .bytesList(let number, _), .messages(let number, _):
            number
        }
    }
}

/// Nested messages of one type; a single one is a list of at most one.
protocol OracleChildren<Owner> {
    associatedtype Owner
    func decode(_ owner: inout Owner, _ decoder: inout some Decoder) throws
    func visit(_ owner: Owner, _ number: Int, _ visitor: inout some Visitor) throws
}

struct Children<Owner, Child: OracleMessage>: OracleChildren {
    let path: WritableKeyPath<Owner, [Child]>

    init(_ path: WritableKeyPath<Owner, [Child]>) { self.path = path }

    func decode(_ owner: inout Owner, _ decoder: inout some Decoder) throws {
        try decoder.decodeRepeatedMessageField(value: &owner[keyPath: path])
    }

    func visit(_ owner: Owner, _ number: Int, _ visitor: inout some Visitor) throws {
        let children = owner[keyPath: path]
        if !children.isEmpty { try visitor.visitRepeatedMessageField(value: children, fieldNumber: number) }
    }
}

extension OracleMessage {
    static var protoMessageName: String { "onnx.\(Self.self)" }

    mutating func decodeMessage<D: Decoder>(decoder: inout D) throws {
        let fields = Dictionary(uniqueKeysWithValues: Self.fields.map { ($0.number, $0) })
        while let number = try decoder.nextFieldNumber() {
            switch fields[number] {
            case .integer(_, let path): try decoder.decodeSingularInt64Field(value: &self[keyPath: path])
            case .integers(_, let path), .packedIntegers(_, let path):
                try decoder.decodeRepeatedInt64Field(value: &self[keyPath: path])
            case .packedUnsigned(_, let path): try decoder.decodeRepeatedUInt64Field(value: &self[keyPath: path])
            case .float(_, let path): try decoder.decodeSingularFloatField(value: &self[keyPath: path])
            case .floats(_, let path), .packedFloats(_, let path):
                try decoder.decodeRepeatedFloatField(value: &self[keyPath: path])
            case .packedDoubles(_, let path): try decoder.decodeRepeatedDoubleField(value: &self[keyPath: path])
            case .text(_, let path): try decoder.decodeSingularStringField(value: &self[keyPath: path])
            case .texts(_, let path): try decoder.decodeRepeatedStringField(value: &self[keyPath: path])
            case .bytes(_, let path): try decoder.decodeSingularBytesField(value: &self[keyPath: path])
            case .bytesList(_, let path): try decoder.decodeRepeatedBytesField(value: &self[keyPath: path])
            case .messages(_, let children): try children.decode(&self, &decoder)
            case nil: continue
            }
        }
    }

    func traverse<V: Visitor>(visitor: inout V) throws {
        for field in Self.fields {
            let number = field.number
            switch field {
            case .integer(_, let path):
                if let value = self[keyPath: path] {
                    try visitor.visitSingularInt64Field(value: value, fieldNumber: number)
                }
            case .integers(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitRepeatedInt64Field(value: values, fieldNumber: number) }
            case .packedIntegers(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitPackedInt64Field(value: values, fieldNumber: number) }
            case .packedUnsigned(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitPackedUInt64Field(value: values, fieldNumber: number) }
            case .float(_, let path):
                if let value = self[keyPath: path] {
                    try visitor.visitSingularFloatField(value: value, fieldNumber: number)
                }
            case .floats(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitRepeatedFloatField(value: values, fieldNumber: number) }
            case .packedFloats(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitPackedFloatField(value: values, fieldNumber: number) }
            case .packedDoubles(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitPackedDoubleField(value: values, fieldNumber: number) }
            case .text(_, let path):
                if let value = self[keyPath: path] {
                    try visitor.visitSingularStringField(value: value, fieldNumber: number)
                }
            case .texts(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitRepeatedStringField(value: values, fieldNumber: number) }
            case .bytes(_, let path):
                if let value = self[keyPath: path] {
                    try visitor.visitSingularBytesField(value: value, fieldNumber: number)
                }
            case .bytesList(_, let path):
                let values = self[keyPath: path]
                if !values.isEmpty { try visitor.visitRepeatedBytesField(value: values, fieldNumber: number) }
            case .messages(_, let children): try children.visit(self, number, &visitor)
            }
        }
        try unknownFields.traverse(visitor: &visitor)
    }

    func isEqualTo(message: any Message) -> Bool { (message as? Self) == self }

    /// The bytes SwiftProtobuf makes of the message.
    func serialized() throws -> [UInt8] { try [UInt8](serializedData() as Data) }
}
