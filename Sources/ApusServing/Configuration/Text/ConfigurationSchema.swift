// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import SwiftProtobuf

/// What may be written in a configuration: the fields of each message and the names of each enumeration.
package struct ConfigurationSchema: Sendable {
    /// What a field holds.
    package enum Kind: Sendable, Equatable {
        case message(String)
        case enumeration(String)
        case text
        case bool
        /// A number of so many bytes.
        case float(width: Int)
        /// A whole number between these bounds.
        case integer(Int64, UInt64)
    }

    /// A field of a message.
    package struct Field: Sendable {
        package var name: String
        package var number: Int
        package var kind: Kind
        package var isRepeated: Bool
        package var isMap: Bool
        /// The fields of the message that exclude this one have the same number here.
        package var choice: Int?
    }

    /// The fields of each message, in the order of the protocol's file.
    package private(set) var messages: [String: [Field]] = [:]
    /// Names and numbers of each enumeration.
    private(set) var enumerations: [String: [(name: String, number: Int)]] = [:]

    /// The schema of ``Inference_ModelConfig``.
    package static let model = ConfigurationSchema(file: "model_config.proto")
    /// The message a configuration is.
    package static let root = ".inference.ModelConfig"

    private init(file: String) {
        guard let bytes = FileDescriptors.all.first(where: { $0.name == file })?.bytes,
            let description = try? Google_Protobuf_FileDescriptorProto(serializedBytes: bytes)
        else { return }
        for enumeration in description.enumType { add(enumeration, in: "." + description.package) }
        for message in description.messageType { add(message, in: "." + description.package) }
        for (name, fields) in messages {
            for index in fields.indices {
                guard case .message(let type) = fields[index].kind else { continue }
                messages[name]?[index].isMap = maps.contains(type)
            }
        }
    }

    private var maps: Set<String> = []

    private mutating func add(_ enumeration: Google_Protobuf_EnumDescriptorProto, in scope: String) {
        enumerations["\(scope).\(enumeration.name)"] = enumeration.value.map { ($0.name, Int($0.number)) }
    }

    private mutating func add(_ message: Google_Protobuf_DescriptorProto, in scope: String) {
        let name = "\(scope).\(message.name)"
        if message.options.mapEntry { maps.insert(name) }
        messages[name] = message.field.map { field in
            Field(
                name: field.name, number: Int(field.number), kind: Self.kind(field),
                isRepeated: field.label == .repeated, isMap: false,
                choice: field.hasOneofIndex ? Int(field.oneofIndex) : nil)
        }
        for nested in message.nestedType { add(nested, in: name) }
        for nested in message.enumType { add(nested, in: name) }
    }

    private static func kind(_ field: Google_Protobuf_FieldDescriptorProto) -> Kind {
        switch field.type {
        case .message, .group: .message(field.typeName)
        case .enum: .enumeration(field.typeName)
        case .bool: .bool
        case .float: .float(width: 4)
        case .double: .float(width: 8)
        case .int32, .sint32, .sfixed32: .integer(Int64(Int32.min), UInt64(Int32.max))
        case .uint32, .fixed32: .integer(0, UInt64(UInt32.max))
        case .int64, .sint64, .sfixed64: .integer(.min, UInt64(Int64.max))
        case .uint64, .fixed64: .integer(0, .max)
        case .string, .bytes: .text
        }
    }

    /// The names of the messages that have a field of the given name, without their package.
    package func owners(of field: String) -> [String] {
        messages.filter { $0.value.contains { $0.name == field } && !maps.contains($0.key) }
            .map { String($0.key.dropFirst(".inference.".count)) }.sorted()
    }
}
