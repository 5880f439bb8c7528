// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The operations of a cycle at the most: two multiply-adds of a vector, two operations each.
    package var operationsPerCycle: Double { Double(4 * lanes) }

    /// Measures the most 10^9 operations a second of one thread, two for each multiply-add of `f32`.
    ///
    /// All of them stay in registers. It takes some milliseconds.
    package func measurePeak() -> Double {
        let rounds = 1 << 16
        let operations = Double(rounds * 12 * lanes * 2)
        let clock = ContinuousClock()
        var (best, sum) = (Double.infinity, Float(0))
        for _ in 0..<8 {
            // SAFETY: the kernel touches no memory.
            let time = clock.measure { sum += unsafe table.pointee.f32_peak?(rounds) ?? 0 }
            best = Swift.min(best, time / .nanoseconds(1))
        }
        return sum.isFinite ? operations / Swift.max(best, 1) : 0
    }
}
