// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// A sum of two quantised numbers: `round(a * left + (b * right + fixed))` kept to a range.
package struct ByteSum: Sendable, Hashable {
    /// The factor of the first number.
    package var left: Float
    /// The factor of the second number.
    package var right: Float
    /// What is added.
    package var fixed: Float
    /// The least result.
    package var lowest: Int32
    /// The greatest result.
    package var highest: Int32

    /// Makes a sum from its parts.
    package init(left: Float, right: Float, fixed: Float, lowest: Int32, highest: Int32) {
        self.left = left
        self.right = right
        self.fixed = fixed
        self.lowest = lowest
        self.highest = highest
    }

    var task: apus_byte_sum {
        apus_byte_sum(left: left, right: right, fixed: fixed, low: Float(lowest), high: Float(highest))
    }
}

/// How the sums of a quantised product become bytes.
package struct ByteFinish: Sendable, Hashable {
    /// The zero point of the bytes.
    package var zeroPoint: Int32
    /// The least byte stored.
    package var lowest: Int32
    /// The greatest byte stored.
    package var highest: Int32
    /// Whether a residual is the first of the two numbers of the sum.
    package var isResidualFirst = false
    /// How a residual is added.
    package var sum = ByteSum(left: 1, right: 1, fixed: 0, lowest: 0, highest: 255)

    /// A finish without residual.
    package init(zeroPoint: Int32, lowest: Int32 = 0, highest: Int32 = 255) {
        self.zeroPoint = zeroPoint
        self.lowest = Swift.max(0, lowest)
        self.highest = Swift.min(255, highest)
    }
}
