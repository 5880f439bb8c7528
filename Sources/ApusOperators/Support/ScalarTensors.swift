// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension Tensor {
    /// A rank-0 tensor of the given type that holds the value as nearly as it can.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for types without such a conversion.
    static func scalar(_ elementType: ElementType, _ value: Double) throws(ComputeError) -> Tensor {
        switch elementType {
        case .float32: return try Tensor(scalar: Float(value))
        case .float64: return try Tensor(scalar: value)
        case .float16: return try Tensor(scalar: Float16(value))
        case .bfloat16: return try Tensor(scalar: BFloat16(Float(value)))
        case .bool: return try Tensor(scalar: value != 0)
        case .int8: return try integer(Int8.self, value)
        case .int16: return try integer(Int16.self, value)
        case .int32: return try integer(Int32.self, value)
        case .int64: return try integer(Int64.self, value)
        case .uint8: return try integer(UInt8.self, value)
        case .uint16: return try integer(UInt16.self, value)
        case .uint32: return try integer(UInt32.self, value)
        case .uint64: return try integer(UInt64.self, value)
        case .complex64: return try Tensor(scalar: Complex64(Float(value), 0))
        case .complex128: return try Tensor(scalar: Complex128(value, 0))
        default: throw .elementType("\(value) as \(elementType.name)")
        }
    }

    private static func integer<Element: FixedWidthInteger & TensorElement>(
        _ type: Element.Type, _ value: Double
    ) throws(ComputeError) -> Tensor {
        guard let integer = Element(exactly: value.rounded(.towardZero)) else {
            throw .value("\(value) is no \(Element.elementType.name)")
        }
        return try Tensor(scalar: integer)
    }

    /// The elements of a numeric tensor as doubles.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for types that are not real numbers.
    func doubles() throws(ComputeError) -> [Double] {
        switch elementType {
        case .float32:
            let span = try elements(of: Float.self)
            return span.indices.map { Double(span[$0]) }
        case .float64: return try array(of: Double.self)
        case .float16:
            let span = try elements(of: Float16.self)
            return span.indices.map { Double(span[$0]) }
        case .bfloat16:
            let span = try elements(of: BFloat16.self)
            return span.indices.map { Double(span[$0].float) }
        case .uint64:
            let span = try elements(of: UInt64.self)
            return span.indices.map { Double(span[$0]) }
        default: return try integers().map { Double($0) }
        }
    }
}
