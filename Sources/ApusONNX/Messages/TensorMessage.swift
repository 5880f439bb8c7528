// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// A `TensorProto`: where its parts lie, nothing decoded but the sizes.
struct TensorMessage {
    var name = ""
    var dimensions: [Int64] = []
    var elementType: Int64 = 0
    var raw: Range<Int>?
    /// Places of numbers, by the number of the field they came in.
    var numbers: [Int: [Range<Int>]] = [:]
    var strings: [Range<Int>] = []
    var external: [(key: String, value: String)] = []
    var isExternal = false
    var hasSegment = false
    let byteOffset: Int

    static let floatField = 4
    static let int32Field = 5
    static let int64Field = 7
    static let doubleField = 10
    static let uint64Field = 11

    init(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) {
        byteOffset = range.lowerBound
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: dimensions += try field.integers(in: source)
            case 2: elementType = try field.integer()
            case 3: hasSegment = true
            case TensorMessage.floatField: numbers[field.number, default: []].append(try field.run(of: .fixed32))
            case TensorMessage.int32Field, TensorMessage.int64Field, TensorMessage.uint64Field:
                numbers[field.number, default: []].append(try field.run(of: .varint))
            case TensorMessage.doubleField: numbers[field.number, default: []].append(try field.run(of: .fixed64))
            case 6: strings.append(try field.message())
            case 8: name = try field.string(in: source)
            case 9: raw = try field.message()
            case 13: external.append(try PairMessage.read(field.message(), in: source))
            case 14: isExternal = try field.integer() == 1
            default: continue
            }
        }
        guard dimensions.count <= 64 else {
            throw ImportError(.limit, "a tensor has \(dimensions.count) dimensions", at: byteOffset)
        }
    }
}

/// A `SparseTensorProto`.
struct SparseTensorMessage {
    var values: TensorMessage?
    var indices: TensorMessage?
    var dimensions: [Int64] = []
    let byteOffset: Int

    init(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) {
        byteOffset = range.lowerBound
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: values = try TensorMessage(field.message(), in: source)
            case 2: indices = try TensorMessage(field.message(), in: source)
            case 3: dimensions += try field.integers(in: source)
            default: continue
            }
        }
        guard dimensions.count <= 64 else {
            throw ImportError(.limit, "a tensor has \(dimensions.count) dimensions", at: byteOffset)
        }
    }
}

/// A `StringStringEntryProto`.
enum PairMessage {
    static func read(
        _ range: Range<Int>, in source: TensorStorage
    ) throws(ImportError) -> (key: String, value: String) {
        var key = ""
        var value = ""
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.string(in: source)
            case 2: value = try field.string(in: source)
            default: continue
            }
        }
        return (key, value)
    }
}
