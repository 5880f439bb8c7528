// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The type of a tensor's elements by the name the protocol gives it.
package enum Datatype: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case float16 = "FP16"
    case float32 = "FP32"
    case float64 = "FP64"
    case bfloat16 = "BF16"
    case bytes = "BYTES"

    /// The name on the wire, such as `FP32`.
    package var description: String { rawValue }

    /// The name in a model configuration, such as `TYPE_FP32` or `TYPE_STRING`.
    package var configurationName: String { self == .bytes ? "TYPE_STRING" : "TYPE_" + rawValue }

    /// The datatype with the given name in a model configuration.
    package init?(configurationName: String) {
        guard let match = Datatype.allCases.first(where: { $0.configurationName == configurationName }) else {
            return nil
        }
        self = match
    }

    /// Bytes one element takes on the wire; 0 for BYTES, whose elements have lengths of their own.
    package var byteWidth: Int { elementType.byteWidth }

    /// The element type of the engine.
    package var elementType: ElementType {
        switch self {
        case .bool: .bool
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .int8: .int8
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        case .bfloat16: .bfloat16
        case .bytes: .string
        }
    }

    /// The datatype of an element type, or nil for one that the protocol has no name for.
    package init?(_ elementType: ElementType) {
        switch elementType {
        case .bool: self = .bool
        case .uint8: self = .uint8
        case .uint16: self = .uint16
        case .uint32: self = .uint32
        case .uint64: self = .uint64
        case .int8: self = .int8
        case .int16: self = .int16
        case .int32: self = .int32
        case .int64: self = .int64
        case .float16: self = .float16
        case .float32: self = .float32
        case .float64: self = .float64
        case .bfloat16: self = .bfloat16
        case .string: self = .bytes
        default: return nil
        }
    }
}
