// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// The elements as another type, converted as ONNX's Cast does.
    ///
    /// `saturate` says what 8-bit floats make of numbers too large for them, `rounding` how powers of two round.
    ///
    /// - Throws: ``ComputeError`` with code `value` for text that is no number, `elementType` between real and complex.
    package func cast(
        to target: ElementType, saturate: Bool = true, rounding: PowerRounding = .up
    ) throws(ComputeError) -> Tensor {
        if target == elementType { return self }
        if target == .string { return try castToStrings() }
        if elementType == .string {
            return try parsedStrings(target).cast(to: target, saturate: saturate, rounding: rounding)
        }
        var result = try MutableTensor(target, shape, uninitialized: ())
        try cast(into: &result, saturate: saturate, rounding: rounding)
        return result.finish()
    }

    /// Converts the elements into a tensor of as many elements; neither may hold strings.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` between real and complex types.
    package func cast(
        into result: inout MutableTensor, saturate: Bool = true, rounding: PowerRounding = .up
    ) throws(ComputeError) {
        precondition(result.elementCount == elementCount)
        switch elementType {
        case .float32: try castNumbers(Float.self, into: &result, saturate, rounding)
        case .float64: try castNumbers(Double.self, into: &result, saturate, rounding)
        case .float16: try castNumbers(Float16.self, into: &result, saturate, rounding)
        case .bfloat16: try castNumbers(BFloat16.self, into: &result, saturate, rounding)
        case .int8: try castNumbers(Int8.self, into: &result, saturate, rounding)
        case .int16: try castNumbers(Int16.self, into: &result, saturate, rounding)
        case .int32: try castNumbers(Int32.self, into: &result, saturate, rounding)
        case .int64: try castNumbers(Int64.self, into: &result, saturate, rounding)
        case .uint8: try castNumbers(UInt8.self, into: &result, saturate, rounding)
        case .uint16: try castNumbers(UInt16.self, into: &result, saturate, rounding)
        case .uint32: try castNumbers(UInt32.self, into: &result, saturate, rounding)
        case .uint64: try castNumbers(UInt64.self, into: &result, saturate, rounding)
        case .bool: try castNumbers(Bool.self, into: &result, saturate, rounding)
        case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float4E2M1, .float8E8M0, .int4, .uint4,
            .int2, .uint2, .float6E2M3, .float6E3M2:
            try unpackedNarrow().cast(into: &result, saturate: saturate, rounding: rounding)
        case .complex64:
            guard result.elementType == .complex128 else { throw castRefusal(result.elementType) }
            let source = try elements(of: Complex64.self)
            var target = try result.elements(of: Complex128.self)
            for index in source.indices {
                target[index] = Complex128(Double(source[index].real), Double(source[index].imaginary))
            }
        case .complex128:
            guard result.elementType == .complex64 else { throw castRefusal(result.elementType) }
            let source = try elements(of: Complex128.self)
            var target = try result.elements(of: Complex64.self)
            for index in source.indices {
                target[index] = Complex64(Float(source[index].real), Float(source[index].imaginary))
            }
        case .string: throw castRefusal(result.elementType)
        }
    }

    private func castRefusal(_ target: ElementType) -> ComputeError {
        .elementType("\(elementType.name) does not convert to \(target.name)")
    }

    private func castNumbers<Source: CastNumber>(
        _ type: Source.Type, into result: inout MutableTensor, _ saturate: Bool, _ rounding: PowerRounding
    ) throws(ComputeError) {
        switch result.elementType {
        case .float32: try castNumbers(type, Float.self, &result)
        case .float64: try castNumbers(type, Double.self, &result)
        case .float16: try castNumbers(type, Float16.self, &result)
        case .bfloat16: try castNumbers(type, BFloat16.self, &result)
        case .int8: try castNumbers(type, Int8.self, &result)
        case .int16: try castNumbers(type, Int16.self, &result)
        case .int32: try castNumbers(type, Int32.self, &result)
        case .int64: try castNumbers(type, Int64.self, &result)
        case .uint8: try castNumbers(type, UInt8.self, &result)
        case .uint16: try castNumbers(type, UInt16.self, &result)
        case .uint32: try castNumbers(type, UInt32.self, &result)
        case .uint64: try castNumbers(type, UInt64.self, &result)
        case .bool: try castNumbers(type, Bool.self, &result)
        case .int4, .uint4: try castLowBits(type, 0x0F, &result)
        case .int2, .uint2: try castLowBits(type, 0x03, &result)
        case .float8E8M0:
            let source = try elements(of: Source.self)
            var target = try result.patterns(of: UInt8.self)
            for index in source.indices {
                target[index] = PowerOfTwo.encode(
                    source[index].castingToOdd, saturate: saturate, rounding: rounding)
            }
        case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float4E2M1, .float6E2M3,
            .float6E3M2:
            guard let format = NarrowFloat(result.elementType) else { throw castRefusal(result.elementType) }
            let saturates = saturate || result.elementType.isFiniteFloat
            let source = try elements(of: Source.self)
            var target = try result.patterns(of: UInt8.self)
            for index in source.indices {
                target[index] = format.encode(source[index].castingToOdd, saturate: saturates)
            }
        case .string, .complex64, .complex128: throw castRefusal(result.elementType)
        }
    }

    private func castNumbers<Source: CastNumber, Target: CastNumber>(
        _ type: Source.Type, _ targetType: Target.Type, _ result: inout MutableTensor
    ) throws(ComputeError) {
        let source = try elements(of: Source.self)
        var target = try result.elements(of: Target.self)
        // SAFETY: cast(into:) checked that both have as many elements.
        for index in source.indices {
            unsafe target[unchecked: index] = source[unchecked: index].casting(to: Target.self)
        }
    }

    private func castLowBits<Source: CastNumber>(
        _ type: Source.Type, _ mask: UInt8, _ result: inout MutableTensor
    ) throws(ComputeError) {
        let source = try elements(of: Source.self)
        var target = try result.patterns(of: UInt8.self)
        for index in source.indices { target[index] = source[index].casting(to: UInt8.self) & mask }
    }

    /// Elements narrower than a number type in the smallest number type that holds them: `f32`, `i8` or `u8`.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types, `limit` without memory.
    package func unpackedNarrow() throws(ComputeError) -> Tensor {
        let source = try patterns(of: UInt8.self)
        switch elementType {
        case .int4, .int2:
            let unused: UInt8 = elementType == .int4 ? 4 : 6
            var result = try MutableTensor(.int8, shape, uninitialized: ())
            var target = try result.elements(of: Int8.self)
            for index in source.indices { target[index] = Int8(bitPattern: source[index] << unused) >> unused }
            return result.finish()
        case .uint4, .uint2:
            let mask: UInt8 = elementType == .uint4 ? 0x0F : 0x03
            var result = try MutableTensor(.uint8, shape, uninitialized: ())
            var target = try result.elements(of: UInt8.self)
            for index in source.indices { target[index] = source[index] & mask }
            return result.finish()
        case .float8E8M0:
            var result = try MutableTensor(.float32, shape, uninitialized: ())
            var target = try result.elements(of: Float.self)
            for index in source.indices { target[index] = PowerOfTwo.decode(source[index]) }
            return result.finish()
        default:
            guard let format = NarrowFloat(elementType) else { throw .elementType("\(self) holds no narrow elements") }
            var result = try MutableTensor(.float32, shape, uninitialized: ())
            var target = try result.elements(of: Float.self)
            for index in source.indices { target[index] = format.decode(source[index]) }
            return result.finish()
        }
    }
}

extension CastNumber {
    /// The value in single precision, rounded so that it can be rounded once more.
    @inline(__always)
    fileprivate var castingToOdd: Float {
        Self.self == Float.self ? casting(to: Float.self) : HalfConversion.roundedToOdd(casting(to: Double.self))
    }
}
