// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Writes files of single values: `TensorProto`, `SequenceProto`, `MapProto`, `OptionalProto`.
enum DatumWriter {
    static func message(_ datum: Datum, as type: ValueType?) throws(ExportError) -> WireWriter {
        if case .optional(let content) = type { return try optional(datum, as: content) }
        switch datum {
        case .tensor(let tensor): return try TensorWriter.message(tensor)
        case .sequence(let elements): return try sequence(elements)
        case .map(let map): return try self.map(map)
        case .none: return try optional(datum, as: nil)
        }
    }

    /// The number of a kind of value in `elem_type`; its field is 2 higher.
    private static func kind(_ datum: Datum) -> Int {
        switch datum {
        case .tensor: 1
        case .sequence: 3
        case .map: 4
        case .none: 5
        }
    }

    private static func optional(_ datum: Datum, as type: ValueType?) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        if case .none = datum {
            writer.integer(2, 0)
            return writer
        }
        writer.integer(2, Int64(kind(datum)))
        writer.message(kind(datum) + 2, try message(datum, as: type))
        return writer
    }

    private static func sequence(_ elements: [Datum]) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        let kinds = Set(elements.map(kind))
        guard kinds.count <= 1 else {
            throw ExportError(.unsupported, "a sequence holds different kinds of values")
        }
        let kind = kinds.first ?? 1
        writer.integer(2, Int64(kind))
        for element in elements { writer.message(kind + 2, try message(element, as: nil)) }
        return writer
    }

    private static func map(_ map: TensorMap) throws(ExportError) -> WireWriter {
        var writer = WireWriter()
        writer.integer(2, Int64(map.keys.elementType.rawValue))
        do {
            if map.keys.elementType == .string {
                for key in map.keys.strings { writer.string(4, key) }
            } else {
                for key in try map.keys.integers() { writer.integer(3, Int64(key)) }
            }
            let shape = map.values.shape
            guard shape.rank > 0, shape[0] == map.keys.elementCount, map.values.elementType != .string else {
                throw ExportError(.unsupported, "a map has values \(map.values) for \(map.keys.elementCount) keys")
            }
            let row = Shape(Array(shape.dimensions.dropFirst()))
            let stride = row.elementCount * map.values.elementType.byteWidth
            var rows: [Datum] = []
            for index in 0..<shape[0] {
                let tensor = try Tensor(
                    map.values.elementType, row, storage: map.values.storage,
                    byteOffset: map.values.byteOffset + index * stride)
                rows.append(.tensor(tensor))
            }
            writer.message(5, try sequence(rows))
        } catch let error as ExportError {
            throw error
        } catch {
            throw ExportError(.unsupported, "a map cannot be written: \(error)")
        }
        return writer
    }
}
