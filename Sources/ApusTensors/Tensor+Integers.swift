// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// The elements of an integer or bool tensor as machine integers.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types, `value` for a `u64` past `Int.max`.
    package func integers() throws(ComputeError) -> [Int] {
        switch elementType {
        case .int64: return try widened(Int64.self)
        case .int32: return try widened(Int32.self)
        case .int16: return try widened(Int16.self)
        case .int8: return try widened(Int8.self)
        case .uint64: return try widened(UInt64.self)
        case .uint32: return try widened(UInt32.self)
        case .uint16: return try widened(UInt16.self)
        case .uint8: return try widened(UInt8.self)
        case .bool:
            let span = try elements(of: Bool.self)
            return span.indices.map { span[$0] ? 1 : 0 }
        default: throw .elementType("expected integers, the tensor is \(self)")
        }
    }

    /// The one element of an integer tensor.
    ///
    /// - Throws: ``ComputeError`` with code `shape` unless there is exactly one, or as ``integers()``.
    package func scalarInteger() throws(ComputeError) -> Int {
        guard elementCount == 1 else { throw .shape("expected one integer, the tensor is \(self)") }
        switch elementType {
        case .int64: return Int(try element(0, of: Int64.self))
        case .int32: return Int(try element(0, of: Int32.self))
        case .uint8: return Int(try element(0, of: UInt8.self))
        case .int8: return Int(try element(0, of: Int8.self))
        default: return try integers()[0]
        }
    }

    private func widened<Element: FixedWidthInteger & TensorElement>(
        _ type: Element.Type
    ) throws(ComputeError) -> [Int] {
        let span = try elements(of: Element.self)
        var result: [Int] = []
        result.reserveCapacity(span.count)
        for index in span.indices {
            guard let value = Int(exactly: span[index]) else { throw .value("\(span[index]) is too large an integer") }
            result.append(value)
        }
        return result
    }
}
