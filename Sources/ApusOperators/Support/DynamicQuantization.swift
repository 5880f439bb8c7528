// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The scale and zero point that fit the numbers of one tensor into eight bits.
package struct DynamicQuantization: Sendable {
    package let scale: Float
    package let zeroPoint: Int32

    /// Makes the range of the numbers and 0 fill the range of `u8`.
    package init(_ values: Span<Float>) {
        var least: Float = 0
        var most: Float = 0
        for index in values.indices {
            least = min(least, values[index])
            most = max(most, values[index])
        }
        self.init(least: least, most: most)
    }

    /// Makes a range that 0 lies in fill the range of `u8`.
    package init(least: Float, most: Float) {
        scale = most == least ? 1 : (most - least) / 255
        let exact = min(max(-least / scale, 0), 255).rounded(.toNearestOrEven)
        zeroPoint = exact.isNaN ? 0 : Int32(exact)
    }

    /// The nearest of the 256 steps.
    @inline(__always)
    package func quantize(_ value: Float) -> Int32 {
        let rounded = (value / scale).rounded(.toNearestOrEven) + Float(zeroPoint)
        return rounded > 0 ? (rounded < 255 ? Int32(rounded) : 255) : 0
    }

    /// The steps of every number, less the zero point.
    package func centred(_ values: Span<Float>) -> [Int16] {
        values.indices.map { Int16(truncatingIfNeeded: quantize(values[$0]) &- zeroPoint) }
    }
}
