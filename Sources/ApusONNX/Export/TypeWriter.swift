// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Writes `TypeProto`.
enum TypeWriter {
    /// Whether nothing in the type is unknown that readers insist on.
    static func canWrite(_ type: ValueType) -> Bool {
        switch type {
        case .tensor: true
        case .sequence(let element), .optional(let element), .map(_, let element): canWrite(element)
        case .unknown: false
        }
    }

    static func message(_ type: ValueType) -> WireWriter {
        var writer = WireWriter()
        var inner = WireWriter()
        switch type {
        case .tensor(let elementType, let dimensions):
            inner.integer(1, Int64(elementType.rawValue))
            if let dimensions { inner.message(2, shape(dimensions)) }
            writer.message(1, inner)
        case .sequence(let element):
            inner.message(1, message(element))
            writer.message(4, inner)
        case .map(let key, let value):
            inner.integer(1, Int64(key.rawValue))
            inner.message(2, message(value))
            writer.message(5, inner)
        case .optional(let element):
            inner.message(1, message(element))
            writer.message(9, inner)
        case .unknown: break
        }
        return writer
    }

    private static func shape(_ dimensions: [Dimension]) -> WireWriter {
        var writer = WireWriter()
        for dimension in dimensions {
            var inner = WireWriter()
            if let value = dimension.value {
                inner.integer(1, Int64(value))
            } else if !dimension.isUnknown {
                inner.string(2, dimension.description)
            }
            writer.message(1, inner)
        }
        return writer
    }
}
