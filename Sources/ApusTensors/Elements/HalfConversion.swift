// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Conversions between half and single precision by integer arithmetic, which compiles to vector code everywhere.
package enum HalfConversion {
    /// The single-precision pattern of an IEEE half pattern.
    @inline(__always)
    package static func widen(_ half: UInt16) -> Float {
        let magnitude = UInt32(half & 0x7FFF) << 13
        let sign = UInt32(half & 0x8000) << 16
        let scaled = (Float(bitPattern: magnitude) * Float(bitPattern: 0x7780_0000)).bitPattern
        let bits = magnitude >= 0x0F80_0000 ? magnitude | 0x7F80_0000 : scaled
        return Float(bitPattern: bits | sign)
    }

    /// The IEEE half pattern nearest to a number, ties to even; NaN stays NaN.
    @inline(__always)
    package static func narrow(_ value: Float) -> UInt16 {
        let pattern = value.bitPattern
        let magnitude = pattern & 0x7FFF_FFFF
        let sign = (pattern &- magnitude) >> 16
        let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- 0x3F00_0000
        let normal = (magnitude &+ 0xC800_0FFF &+ ((magnitude >> 13) & 1)) >> 13
        let special: UInt32 = magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00
        let finite = magnitude < 0x3880_0000 ? subnormal : normal
        return UInt16(truncatingIfNeeded: (magnitude >= 0x4780_0000 ? special : finite) | sign)
    }

    /// A double in single precision with the last bit set where digits were lost, so that it can be rounded again.
    @inline(__always)
    package static func roundedToOdd(_ value: Double) -> Float {
        let nearest = Float(value)
        if Double(nearest) == value || value.isNaN || value.isInfinite { return nearest }
        let isPast = Double(nearest).magnitude > value.magnitude
        return Float(bitPattern: (isPast ? nearest.bitPattern &- 1 : nearest.bitPattern) | 1)
    }
}

extension Tensor {
    /// An `f16` or `bf16` tensor in `f32`.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types, `limit` without memory.
    package func widened() throws(ComputeError) -> Tensor {
        var result = try MutableTensor(.float32, shape, uninitialized: ())
        var target = try result.elements(of: Float.self)
        try widen(into: &target)
        return result.finish()
    }

    /// Writes an `f16` or `bf16` tensor into as many `f32`.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types.
    package func widen(into target: inout MutableSpan<Float>) throws(ComputeError) {
        precondition(target.count == elementCount)
        switch elementType {
        case .float16:
            let source = try patterns(of: UInt16.self)
            // SAFETY: both spans have elementCount elements.
            for index in source.indices {
                unsafe target[unchecked: index] = HalfConversion.widen(source[unchecked: index])
            }
        case .bfloat16:
            let source = try patterns(of: UInt16.self)
            // SAFETY: both spans have elementCount elements.
            for index in source.indices {
                unsafe target[unchecked: index] = Float(bitPattern: UInt32(source[unchecked: index]) << 16)
            }
        default: throw .elementType("expected f16 or bf16, the tensor is \(self)")
        }
    }

    /// Writes an `f32` tensor into a new tensor's `f16` or `bf16` elements, rounding to nearest.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types.
    package func narrow(into target: inout MutableTensor) throws(ComputeError) {
        precondition(target.elementCount == elementCount)
        let source = try elements(of: Float.self)
        switch target.elementType {
        case .float16:
            var patterns = try target.patterns(of: UInt16.self)
            // SAFETY: both spans have elementCount elements.
            for index in source.indices {
                unsafe patterns[unchecked: index] = HalfConversion.narrow(source[unchecked: index])
            }
        case .bfloat16:
            var patterns = try target.patterns(of: UInt16.self)
            // SAFETY: both spans have elementCount elements.
            for index in source.indices {
                unsafe patterns[unchecked: index] = BFloat16(source[unchecked: index]).bits
            }
        default: throw .elementType("expected f16 or bf16, the tensor holds \(target.elementType.name)")
        }
    }
}
