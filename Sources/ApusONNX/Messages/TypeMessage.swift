// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Reads `ValueInfoProto`, `TypeProto` and `TensorShapeProto`.
enum TypeMessage {
    private static let deepest = 16

    static func value(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) -> Value {
        var value = Value("", .unknown)
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: value.name = try field.string(in: source)
            case 2: value.type = try type(field.message(), in: source)
            default: continue
            }
        }
        return value
    }

    static func type(
        _ range: Range<Int>, in source: TensorStorage, depth: Int = 0
    ) throws(ImportError) -> ValueType {
        guard depth < deepest else {
            throw ImportError(.limit, "types are nested more than \(deepest) deep", at: range.lowerBound)
        }
        var result = ValueType.unknown
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1, 8: result = try tensor(field.message(), in: source)
            case 4: result = .sequence(try element(field.message(), in: source, depth))
            case 5: result = try map(field.message(), in: source, depth)
            case 9: result = .optional(try element(field.message(), in: source, depth))
            default: continue
            }
        }
        return result
    }

    private static func tensor(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) -> ValueType {
        var elementType: ElementType?
        var dimensions: [Dimension]?
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: elementType = try elementTypeOrNil(field)
            case 2: dimensions = try shape(field.message(), in: source)
            default: continue
            }
        }
        return elementType.map { .tensor($0, dimensions) } ?? .unknown
    }

    /// The element type; nil where it is left open.
    private static func elementTypeOrNil(_ field: WireField) throws(ImportError) -> ElementType? {
        let number = try field.integer()
        if number == 0 { return nil }
        guard let raw = UInt8(exactly: number), let type = ElementType(rawValue: raw) else {
            throw ImportError(.unsupported, "\(number) is no element type", at: field.range.lowerBound)
        }
        return type
    }

    private static func shape(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) -> [Dimension] {
        var dimensions: [Dimension] = []
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            guard dimensions.count < 64 else {
                throw ImportError(.limit, "a shape has more than 64 dimensions", at: range.lowerBound)
            }
            dimensions.append(try dimension(field.message(), in: source))
        }
        return dimensions
    }

    private static func dimension(_ range: Range<Int>, in source: TensorStorage) throws(ImportError) -> Dimension {
        var result = Dimension.unknown
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                let size = try field.integer()
                result = size < 0 ? .unknown : Dimension(Int(size))
            case 2:
                let symbol = try field.string(in: source)
                result = symbol.isEmpty || symbol == "?" ? .unknown : Dimension(symbol: symbol)
            default: continue
            }
        }
        return result
    }

    private static func element(
        _ range: Range<Int>, in source: TensorStorage, _ depth: Int
    ) throws(ImportError) -> ValueType {
        var result = ValueType.unknown
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            result = try type(field.message(), in: source, depth: depth + 1)
        }
        return result
    }

    private static func map(
        _ range: Range<Int>, in source: TensorStorage, _ depth: Int
    ) throws(ImportError) -> ValueType {
        var key: ElementType?
        var value = ValueType.unknown
        var reader = WireReader(source.bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try elementTypeOrNil(field)
            case 2: value = try type(field.message(), in: source, depth: depth + 1)
            default: continue
            }
        }
        return key.map { .map($0, value) } ?? .unknown
    }
}
