// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SwiftProtobuf

struct OracleModel: OracleMessage {
    var irVersion: Int64? = 10
    var producer: String? = "test"
    var graph: [OracleGraph] = []
    var opsets: [OracleOpset] = []
    var metadata: [OraclePair] = []
    var functions: [OracleFunction] = []
    var unknownFields = UnknownStorage()

    static var fields: [OracleField<OracleModel>] {
        [
            .integer(1, \.irVersion), .text(2, \.producer), .messages(7, Children(\.graph)),
            .messages(8, Children(\.opsets)), .messages(14, Children(\.metadata)), .messages(25, Children(\.functions)),
        ]
    }
}

struct OracleOpset: OracleMessage {
    var domain: String?
    var version: Int64?
    var unknownFields = UnknownStorage()

    init() {}
    init(domain: String, version: Int64) {
        self.domain = domain
        self.version = version
    }

    static var fields: [OracleField<OracleOpset>] { [.text(1, \.domain), .integer(2, \.version)] }
}

struct OraclePair: OracleMessage {
    var key: String?
    var value: String?
    var unknownFields = UnknownStorage()

    init() {}
    init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    static var fields: [OracleField<OraclePair>] { [.text(1, \.key), .text(2, \.value)] }
}

struct OracleGraph: OracleMessage {
    var nodes: [OracleNode] = []
    var name: String? = "g"
    var initializers: [OracleTensor] = []
    var sparse: [OracleSparse] = []
    var inputs: [OracleValue] = []
    var outputs: [OracleValue] = []
    var values: [OracleValue] = []
    var unknownFields = UnknownStorage()

    static var fields: [OracleField<OracleGraph>] {
        [
            .messages(1, Children(\.nodes)), .text(2, \.name), .messages(5, Children(\.initializers)),
            .messages(11, Children(\.inputs)), .messages(12, Children(\.outputs)), .messages(13, Children(\.values)),
            .messages(15, Children(\.sparse)),
        ]
    }
}

struct OracleNode: OracleMessage {
    var inputs: [String] = []
    var outputs: [String] = []
    var name: String?
    var type: String?
    var domain: String?
    var attributes: [OracleAttribute] = []
    var unknownFields = UnknownStorage()

    init() {}
    init(
        _ type: String, _ inputs: [String], _ outputs: [String], name: String? = nil, domain: String? = nil,
        _ attributes: [OracleAttribute] = []
    ) {
        self.type = type
        self.inputs = inputs
        self.outputs = outputs
        self.name = name
        self.domain = domain
        self.attributes = attributes
    }

    static var fields: [OracleField<OracleNode>] {
        [
            .texts(1, \.inputs), .texts(2, \.outputs), .text(3, \.name), .text(4, \.type),
            .messages(5, Children(\.attributes)), .text(7, \.domain),
        ]
    }
}

struct OracleAttribute: OracleMessage {
    var name: String?
    var float: Float?
    var integer: Int64?
    var string: Data?
    var tensor: [OracleTensor] = []
    var graph: [OracleGraph] = []
    var floats: [Float] = []
    var integers: [Int64] = []
    var strings: [Data] = []
    var type: Int64?
    var reference: String?
    var sparse: [OracleSparse] = []
    var typeProto: [OracleType] = []
    var unknownFields = UnknownStorage()

    init() {}
    init(_ name: String, type: Int64?, _ fill: (inout OracleAttribute) -> Void) {
        self.name = name
        self.type = type
        fill(&self)
    }

    static func integer(_ name: String, _ value: Int64) -> OracleAttribute {
        OracleAttribute(name, type: 2) { $0.integer = value }
    }
    static func graph(_ name: String, _ value: OracleGraph) -> OracleAttribute {
        OracleAttribute(name, type: 5) { $0.graph = [value] }
    }
    static func tensor(_ name: String, _ value: OracleTensor) -> OracleAttribute {
        OracleAttribute(name, type: 4) { $0.tensor = [value] }
    }

    static var fields: [OracleField<OracleAttribute>] {
        [
            .text(1, \.name), .float(2, \.float), .integer(3, \.integer), .bytes(4, \.string),
            .messages(5, Children(\.tensor)), .messages(6, Children(\.graph)), .floats(7, \.floats),
            .integers(8, \.integers), .bytesList(9, \.strings), .messages(14, Children(\.typeProto)),
            .integer(20, \.type), .text(21, \.reference), .messages(22, Children(\.sparse)),
        ]
    }
}

struct OracleTensor: OracleMessage {
    var dims: [Int64] = []
    var type: Int64?
    var floats: [Float] = []
    var int32s: [Int64] = []
    var strings: [Data] = []
    var int64s: [Int64] = []
    var name: String?
    var raw: Data?
    var doubles: [Double] = []
    var unsigned: [UInt64] = []
    var external: [OraclePair] = []
    var location: Int64?
    var unknownFields = UnknownStorage()

    init() {}
    init(_ name: String? = nil, type: Int64, dims: [Int64], _ fill: (inout OracleTensor) -> Void = { _ in }) {
        self.name = name
        self.type = type
        self.dims = dims
        fill(&self)
    }

    static var fields: [OracleField<OracleTensor>] {
        [
            .integers(1, \.dims), .integer(2, \.type), .packedFloats(4, \.floats), .packedIntegers(5, \.int32s),
            .bytesList(6, \.strings), .packedIntegers(7, \.int64s), .text(8, \.name), .bytes(9, \.raw),
            .packedDoubles(10, \.doubles), .packedUnsigned(11, \.unsigned), .messages(13, Children(\.external)),
            .integer(14, \.location),
        ]
    }
}

struct OracleSparse: OracleMessage {
    var values: [OracleTensor] = []
    var indices: [OracleTensor] = []
    var dims: [Int64] = []
    var unknownFields = UnknownStorage()

    init() {}
    init(values: OracleTensor, indices: OracleTensor, dims: [Int64]) {
        self.values = [values]
        self.indices = [indices]
        self.dims = dims
    }

    static var fields: [OracleField<OracleSparse>] {
        [.messages(1, Children(\.values)), .messages(2, Children(\.indices)), .integers(3, \.dims)]
    }
}

struct OracleFunction: OracleMessage {
    var name: String?
    var inputs: [String] = []
    var outputs: [String] = []
    var attributes: [String] = []
    var nodes: [OracleNode] = []
    var opsets: [OracleOpset] = []
    var domain: String? = "local"
    var defaults: [OracleAttribute] = []
    var unknownFields = UnknownStorage()

    init() {}
    init(_ name: String, _ inputs: [String], _ outputs: [String], _ nodes: [OracleNode]) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.nodes = nodes
        opsets = [OracleOpset(domain: "", version: 18)]
    }

    static var fields: [OracleField<OracleFunction>] {
        [
            .text(1, \.name), .texts(4, \.inputs), .texts(5, \.outputs), .texts(6, \.attributes),
            .messages(7, Children(\.nodes)), .messages(9, Children(\.opsets)), .text(10, \.domain),
            .messages(11, Children(\.defaults)),
        ]
    }
}
