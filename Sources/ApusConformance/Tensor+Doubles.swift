// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

extension Tensor {
    /// The elements as doubles (complex numbers as pairs), or nil for strings.
    package func doubles() -> [Double]? {
        switch elementType {
        case .float32: return converted(Float.self) { Double($0) }
        case .float64: return converted(Double.self) { $0 }
        case .float16: return converted(Float16.self) { Double($0) }
        case .bfloat16: return converted(BFloat16.self) { Double($0.float) }
        case .int8: return converted(Int8.self) { Double($0) }
        case .int16: return converted(Int16.self) { Double($0) }
        case .int32: return converted(Int32.self) { Double($0) }
        case .int64: return converted(Int64.self) { Double($0) }
        case .uint8: return converted(UInt8.self) { Double($0) }
        case .uint16: return converted(UInt16.self) { Double($0) }
        case .uint32: return converted(UInt32.self) { Double($0) }
        case .uint64: return converted(UInt64.self) { Double($0) }
        case .bool: return converted(Bool.self) { $0 ? 1 : 0 }
        case .complex64:
            return converted(Complex64.self) { [Double($0.real), Double($0.imaginary)] }.map { Array($0.joined()) }
        case .complex128: return converted(Complex128.self) { [$0.real, $0.imaginary] }.map { Array($0.joined()) }
        case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0, .float4E2M1, .uint4, .int4,
            .uint2, .int2, .float6E2M3, .float6E3M2:
            return (try? unpackedNarrow())?.doubles()
        case .string: return nil
        }
    }

    private func converted<Element: TensorElement, Result>(
        _ type: Element.Type, _ convert: (Element) -> Result
    ) -> [Result]? {
        guard let span = try? elements(of: Element.self) else { return nil }
        var result: [Result] = []
        result.reserveCapacity(span.count)
        for index in span.indices { result.append(convert(span[index])) }
        return result
    }
}
