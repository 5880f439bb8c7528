// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// One scale and one zero point for a whole tensor of `u8` or `i8`.
package struct QuantizedScale: Sendable, Hashable {
    package let scale: Float
    package let zeroPoint: Int32

    /// Reads a scale and, where there is one, a zero point from neighbouring inputs.
    package init(_ inputs: Inputs, at index: Int) throws(ComputeError) {
        scale = try inputs.tensor(index).scalarScale()
        guard let zero = try inputs.optionalTensor(index + 1) else {
            zeroPoint = 0
            return
        }
        guard zero.elementCount == 1, QuantizedRange(zero.elementType) != nil else {
            throw .shape("expected one zero point of a narrow type, the tensor is \(zero)")
        }
        zeroPoint = try zero.scalarZeroPoint()
    }

    /// The real number a quantized one stands for.
    @inline(__always)
    package func real(_ value: Int32) -> Float { Float(value &- zeroPoint) * scale }
}

/// What every `u8` or `i8` becomes when it is dequantized, changed and quantized again.
package struct QuantizedTable: Sendable {
    private let results: [Int32]

    /// Makes the 256 results; without a function and with the same scale on both sides, nothing changes.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` unless the type is `u8` or `i8`.
    package init(
        _ elementType: ElementType, from source: QuantizedScale, to target: QuantizedScale,
        applying function: ((Float) -> Float)? = nil
    ) throws(ComputeError) {
        guard let range = QuantizedRange(elementType), elementType.storedBitWidth == 8 else {
            throw .elementType("expected i8 or u8, the tensor holds \(elementType.name)")
        }
        results = (0..<256).map { pattern in
            let value = elementType == .int8 ? Int32(Int8(truncatingIfNeeded: pattern)) : Int32(pattern)
            if function == nil && source == target { return value }
            let real = source.real(value)
            return range.quantize((function?(real) ?? real) / target.scale, zeroPoint: target.zeroPoint)
        }
    }

    /// The bit pattern of every result.
    package var bytes: [UInt8] { results.map { UInt8(truncatingIfNeeded: $0) } }

    /// The result for a bit pattern.
    @inline(__always)
    package subscript(_ pattern: UInt8) -> Int32 { results[Int(pattern)] }
}
