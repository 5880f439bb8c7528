// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The whole numbers an integer type of at most 16 bits holds.
package struct QuantizedRange: Sendable, Hashable {
    package let low: Int32
    package let high: Int32

    /// The range of an element type, or nil for types that are not quantized to.
    package init?(_ elementType: ElementType) {
        switch elementType {
        case .uint8: (low, high) = (0, 255)
        case .int8: (low, high) = (-128, 127)
        case .uint16: (low, high) = (0, 65535)
        case .int16: (low, high) = (-32768, 32767)
        case .uint4: (low, high) = (0, 15)
        case .int4: (low, high) = (-8, 7)
        case .uint2: (low, high) = (0, 3)
        case .int2: (low, high) = (-2, 1)
        default: return nil
        }
    }

    /// Rounds half to even, adds the zero point and stays in the range.
    @inline(__always)
    package func quantize(_ value: Float, zeroPoint: Int32) -> Int32 {
        let rounded = value.rounded(.toNearestOrEven)
        let least = Float(low &- zeroPoint)
        let most = Float(high &- zeroPoint)
        let kept = rounded > least ? (rounded < most ? rounded : most) : least
        return Int32(kept) &+ zeroPoint
    }
}

extension Tensor {
    /// The one number of a scale.
    ///
    /// - Throws: ``ComputeError`` with code `shape` unless there is exactly one element.
    package func scalarScale() throws(ComputeError) -> Float {
        guard elementCount == 1 else { throw .shape("expected one scale, the tensor is \(self)") }
        if elementType == .float32 { return try element(0, of: Float.self) }
        return try cast(to: .float32).element(0, of: Float.self)
    }

    /// The one number of a zero point.
    ///
    /// - Throws: ``ComputeError`` with code `shape` where there is none, or as ``zeroPoints()``.
    package func scalarZeroPoint() throws(ComputeError) -> Int32 {
        switch elementType {
        case .uint8: return Int32(try element(0, of: UInt8.self))
        case .int8: return Int32(try element(0, of: Int8.self))
        default:
            guard let first = try zeroPoints().first else { throw .shape("\(self) holds no zero point") }
            return first
        }
    }

    /// The elements of a list of scales.
    package func scales() throws(ComputeError) -> [Float] { try cast(to: .float32).array(of: Float.self) }

    /// The elements of a tensor of zero points of an integer type as 32-bit integers.
    package func zeroPoints() throws(ComputeError) -> [Int32] {
        guard QuantizedRange(elementType) != nil || elementType == .int32 else {
            throw .elementType("a zero point cannot be \(elementType.name)")
        }
        return try cast(to: .int32).array(of: Int32.self)
    }

    /// Eight-bit integers less their zero point.
    ///
    /// Element `i` uses the zero point at `i / stride`, starting over after the last; no zero points stand for 0.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types.
    package func centred(_ zeroPoints: [Int32] = [], stride: Int = 1) throws(ComputeError) -> [Int16] {
        let narrow = zeroPoints.isEmpty ? [0] : zeroPoints.map { Int16(truncatingIfNeeded: $0) }
        switch elementType {
        case .uint8: return Tensor.centre(try elements(of: UInt8.self), narrow, stride)
        case .int8: return Tensor.centre(try elements(of: Int8.self), narrow, stride)
        default: throw .elementType("expected i8 or u8, the tensor is \(self)")
        }
    }

    private static func centre<Element: FixedWidthInteger & BitwiseCopyable>(
        _ source: Span<Element>, _ zeroPoints: [Int16], _ stride: Int
    ) -> [Int16] {
        var result = [Int16](repeating: 0, count: source.count)
        var target = result.mutableSpan
        if zeroPoints.count == 1 {
            let zeroPoint = zeroPoints[0]
            for index in source.indices {
                // SAFETY: both have as many elements.
                unsafe target[unchecked: index] = Int16(truncatingIfNeeded: source[unchecked: index]) &- zeroPoint
            }
        } else {
            for index in source.indices {
                let zeroPoint = zeroPoints[index / stride % zeroPoints.count]
                target[index] = Int16(truncatingIfNeeded: source[index]) &- zeroPoint
            }
        }
        return result
    }
}

extension Outputs {
    /// Hands out an integer tensor of at most 16 bits, made one element at a time from its position.
    package mutating func writeQuantized(
        _ index: Int, _ elementType: ElementType, _ shape: Shape, _ value: (Int) -> Int32
    ) throws(ComputeError) {
        var result = try makeTensor(index, elementType, shape)
        switch elementType {
        case .uint16, .int16:
            var target = try result.patterns(of: UInt16.self)
            for position in target.indices { target[position] = UInt16(truncatingIfNeeded: value(position)) }
        case .uint8, .int8, .uint4, .int4, .uint2, .int2:
            let mask: UInt8 = elementType.storedBitWidth == 8 ? 0xFF : elementType.storedBitWidth == 4 ? 0x0F : 0x03
            var target = try result.patterns(of: UInt8.self)
            for position in target.indices { target[position] = UInt8(truncatingIfNeeded: value(position)) & mask }
        default: throw .elementType("cannot quantize to \(elementType.name)")
        }
        set(index, result.finish())
    }
}
