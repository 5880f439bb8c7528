// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A Swift type that can be the element of a tensor.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type this Swift type stands for.
    static var elementType: ElementType { get }
}

extension Float: TensorElement {
    /// 32-bit floating point.
    public static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
    /// 64-bit floating point.
    public static var elementType: ElementType { .float64 }
}
extension Float16: TensorElement {
    /// IEEE half precision.
    public static var elementType: ElementType { .float16 }
}
extension Int8: TensorElement {
    /// 8-bit signed integer.
    public static var elementType: ElementType { .int8 }
}
extension Int16: TensorElement {
    /// 16-bit signed integer.
    public static var elementType: ElementType { .int16 }
}
extension Int32: TensorElement {
    /// 32-bit signed integer.
    public static var elementType: ElementType { .int32 }
}
extension Int64: TensorElement {
    /// 64-bit signed integer.
    public static var elementType: ElementType { .int64 }
}
extension UInt8: TensorElement {
    /// 8-bit unsigned integer.
    public static var elementType: ElementType { .uint8 }
}
extension UInt16: TensorElement {
    /// 16-bit unsigned integer.
    public static var elementType: ElementType { .uint16 }
}
extension UInt32: TensorElement {
    /// 32-bit unsigned integer.
    public static var elementType: ElementType { .uint32 }
}
extension UInt64: TensorElement {
    /// 64-bit unsigned integer.
    public static var elementType: ElementType { .uint64 }
}
extension Bool: TensorElement {
    /// Truth value, one byte that is 0 or 1.
    public static var elementType: ElementType { .bool }
}
