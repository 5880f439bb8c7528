// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import SwiftProtobuf

struct OracleValue: OracleMessage {
    var name: String?
    var type: [OracleType] = []
    var unknownFields = UnknownStorage()

    init() {}
    /// A tensor; a size is a number, a name, or nil.
    init(_ name: String, element: Int64 = 1, _ sizes: [OracleSize]? = [.number(2)]) {
        self.name = name
        type = [.tensor(element, sizes)]
    }

    static var fields: [OracleField<OracleValue>] { [.text(1, \.name), .messages(2, Children(\.type))] }
}

enum OracleSize: Sendable {
    case number(Int64)
    case name(String)
    case open
}

struct OracleType: OracleMessage {
    var tensor: [OracleTensorType] = []
    var sequence: [OracleElementType] = []
    var optional: [OracleElementType] = []
    var unknownFields = UnknownStorage()

    static func tensor(_ element: Int64, _ sizes: [OracleSize]?) -> OracleType {
        var type = OracleType()
        type.tensor = [OracleTensorType()]
        type.tensor[0].element = element
        if let sizes {
            var shape = OracleShape()
            for size in sizes {
                var dimension = OracleDimension()
                switch size {
                case .number(let number): dimension.value = number
                case .name(let name): dimension.name = name
                case .open: break
                }
                shape.dimensions.append(dimension)
            }
            type.tensor[0].shape = [shape]
        }
        return type
    }

    static func sequence(_ content: OracleType) -> OracleType {
        var type = OracleType()
        type.sequence = [OracleElementType()]
        type.sequence[0].type = [content]
        return type
    }

    static var fields: [OracleField<OracleType>] {
        [.messages(1, Children(\.tensor)), .messages(4, Children(\.sequence)), .messages(9, Children(\.optional))]
    }
}

struct OracleElementType: OracleMessage {
    var type: [OracleType] = []
    var unknownFields = UnknownStorage()

    static var fields: [OracleField<OracleElementType>] { [.messages(1, Children(\.type))] }
}

struct OracleTensorType: OracleMessage {
    var element: Int64?
    var shape: [OracleShape] = []
    var unknownFields = UnknownStorage()

    static var fields: [OracleField<OracleTensorType>] { [.integer(1, \.element), .messages(2, Children(\.shape))] }
}

struct OracleShape: OracleMessage {
    var dimensions: [OracleDimension] = []
    var unknownFields = UnknownStorage()

    static var fields: [OracleField<OracleShape>] { [.messages(1, Children(\.dimensions))] }
}

struct OracleDimension: OracleMessage {
    var value: Int64?
    var name: String?
    var unknownFields = UnknownStorage()

    static var fields: [OracleField<OracleDimension>] { [.integer(1, \.value), .text(2, \.name)] }
}
