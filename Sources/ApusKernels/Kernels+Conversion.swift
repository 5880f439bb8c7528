// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Kernels {
    /// Widens 16-bit floats.
    package func widen(
        _ format: HalfFormat, count: Int, _ x: UnsafePointer<UInt16>, into y: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<count {
            switch format {
            case .float16: unsafe y[i] = Float(Float16(bitPattern: x[i]))
            case .bfloat16: unsafe y[i] = Float(bitPattern: UInt32(x[i]) << 16)
            }
        }
    }

    /// Rounds to 16-bit floats, half to even; NaN stays NaN.
    package func narrow(
        _ format: HalfFormat, count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<UInt16>
    ) {
        for i in 0..<count {
            let value = unsafe x[i]
            switch format {
            case .float16: unsafe y[i] = Float16(value).bitPattern
            case .bfloat16:
                let bits = value.bitPattern
                unsafe y[i] =
                    value.isNaN ? UInt16(bits >> 16) | 0x40 : UInt16((bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
            }
        }
    }

    /// Quantises to bytes: `saturate(round(x / scale) + zeroPoint)`, rounding half to even; NaN gives the zero point.
    package func quantize(
        count: Int, _ x: UnsafePointer<Float>, scale: Float, zeroPoint: Int32, isSigned: Bool,
        into y: UnsafeMutableRawPointer
    ) {
        let range: ClosedRange<Float> = isSigned ? -128...127 : 0...255
        for i in 0..<count {
            let ratio = unsafe x[i] / scale
            let value = (ratio.isNaN ? 0 : ratio.rounded(.toNearestOrEven)) + Float(zeroPoint)
            let clamped = Int(Swift.min(Swift.max(value, range.lowerBound), range.upperBound))
            unsafe y.storeBytes(of: UInt8(truncatingIfNeeded: clamped), toByteOffset: i, as: UInt8.self)
        }
    }

    /// Widens bytes: `(x - zeroPoint) * scale`.
    package func dequantize(
        count: Int, _ x: UnsafeRawPointer, isSigned: Bool, scale: Float, zeroPoint: Int32,
        into y: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<count {
            let byte = unsafe x.load(fromByteOffset: i, as: UInt8.self)
            let value = isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
            unsafe y[i] = Float(value - zeroPoint) * scale
        }
    }

    /// Transposes a matrix of 1-, 2-, 4- or 8-byte elements; strides count elements.
    package func transpose(
        rows: Int, columns: Int, elementByteCount: Int, _ x: UnsafeRawPointer, rowStride: Int,
        into y: UnsafeMutableRawPointer, targetRowStride: Int
    ) {
        for row in 0..<rows {
            for column in 0..<columns {
                let source = unsafe x + (row * rowStride + column) * elementByteCount
                let target = unsafe y + (column * targetRowStride + row) * elementByteCount
                unsafe target.copyMemory(from: source, byteCount: elementByteCount)
            }
        }
    }
}
