// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Widens 16-bit floats.
    package func widen(
        _ format: HalfFormat, count: Int, _ x: UnsafePointer<UInt16>, into y: UnsafeMutablePointer<Float>
    ) {
        let kernel = unsafe format == .float16 ? table.pointee.f16_widen : table.pointee.bf16_widen
        spread(count, grain: 16384) { range in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(range.count, x + range.lowerBound, y + range.lowerBound)
        }
    }

    /// Rounds to 16-bit floats, half to even; NaN stays NaN.
    package func narrow(
        _ format: HalfFormat, count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<UInt16>
    ) {
        let kernel = unsafe format == .float16 ? table.pointee.f16_narrow : table.pointee.bf16_narrow
        spread(count, grain: 16384) { range in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(range.count, x + range.lowerBound, y + range.lowerBound)
        }
    }

    /// Quantises to bytes: `saturate(round(x / scale) + zeroPoint)`, rounding half to even; NaN gives the least.
    package func quantize(
        count: Int, _ x: UnsafePointer<Float>, scale: Float, zeroPoint: Int32, isSigned: Bool,
        into y: UnsafeMutableRawPointer
    ) {
        let kernel = unsafe isSigned ? table.pointee.s8_quantize : table.pointee.u8_quantize
        let range: (low: Float, high: Float) = isSigned ? (-128, 127) : (0, 255)
        spread(count, grain: 16384) { part in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(
                part.count, x + part.lowerBound, scale, Float(zeroPoint), range.low, range.high, y + part.lowerBound)
        }
    }

    /// Widens bytes: `(x - zeroPoint) * scale`.
    package func dequantize(
        count: Int, _ x: UnsafeRawPointer, isSigned: Bool, scale: Float, zeroPoint: Int32,
        into y: UnsafeMutablePointer<Float>
    ) {
        let kernel = unsafe isSigned ? table.pointee.s8_dequantize : table.pointee.u8_dequantize
        spread(count, grain: 16384) { part in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(part.count, x + part.lowerBound, scale, Float(zeroPoint), y + part.lowerBound)
        }
    }
}
