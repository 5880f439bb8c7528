// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The type of a tensor's elements; raw values are those of ONNX's `TensorProto.DataType`.
public enum ElementType: UInt8, Hashable, Sendable, CaseIterable {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float16 = 10
    case float64 = 11
    case uint32 = 12
    case uint64 = 13
    case complex64 = 14
    case complex128 = 15
    case bfloat16 = 16
    case float8E4M3FN = 17
    case float8E4M3FNUZ = 18
    case float8E5M2 = 19
    case float8E5M2FNUZ = 20
    case uint4 = 21
    case int4 = 22
    case float4E2M1 = 23
    case float8E8M0 = 24
    case uint2 = 25
    case int2 = 26
    case float6E2M3 = 27
    case float6E3M2 = 28

    /// Bytes one element takes in memory; elements narrower than a byte take one each, strings take none.
    public var byteWidth: Int {
        switch self {
        case .string: 0
        case .bool, .uint8, .int8, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0,
            .uint4, .int4, .float4E2M1, .uint2, .int2, .float6E2M3, .float6E3M2:
            1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64, .complex64: 8
        case .complex128: 16
        }
    }

    /// Bits one element takes in a model file; strings take none.
    public var storedBitWidth: Int {
        switch self {
        case .float6E2M3, .float6E3M2: 6
        case .uint4, .int4, .float4E2M1: 4
        case .uint2, .int2: 2
        default: byteWidth * 8
        }
    }

    /// The short name used in graph text, such as `f32` or `i64`.
    public var name: String {
        switch self {
        case .float32: "f32"
        case .uint8: "u8"
        case .int8: "i8"
        case .uint16: "u16"
        case .int16: "i16"
        case .int32: "i32"
        case .int64: "i64"
        case .string: "str"
        case .bool: "bool"
        case .float16: "f16"
        case .float64: "f64"
        case .uint32: "u32"
        case .uint64: "u64"
        case .complex64: "c64"
        case .complex128: "c128"
        case .bfloat16: "bf16"
        case .float8E4M3FN: "f8e4m3fn"
        case .float8E4M3FNUZ: "f8e4m3fnuz"
        case .float8E5M2: "f8e5m2"
        case .float8E5M2FNUZ: "f8e5m2fnuz"
        case .uint4: "u4"
        case .int4: "i4"
        case .float4E2M1: "f4e2m1"
        case .float8E8M0: "f8e8m0"
        case .uint2: "u2"
        case .int2: "i2"
        case .float6E2M3: "f6e2m3"
        case .float6E3M2: "f6e3m2"
        }
    }

    /// The element type with the given short name.
    public init?(name: some StringProtocol) {
        guard let match = ElementType.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// Whether elements are binary floating-point numbers of any width.
    public var isFloat: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ,
            .float8E8M0, .float4E2M1, .float6E2M3, .float6E3M2:
            true
        default: false
        }
    }

    /// Whether elements are floats without infinity and NaN, to which everything too large saturates.
    public var isFiniteFloat: Bool { self == .float4E2M1 || self == .float6E2M3 || self == .float6E3M2 }

    /// Whether elements are signed or unsigned integers of any width.
    public var isInteger: Bool {
        switch self {
        case .int2, .int4, .int8, .int16, .int32, .int64, .uint2, .uint4, .uint8, .uint16, .uint32, .uint64: true
        default: false
        }
    }
}
