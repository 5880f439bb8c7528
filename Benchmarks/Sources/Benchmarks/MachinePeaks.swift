// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import CMachinePeak

/// What this machine does at most on a number of threads, measured when it is asked for.
struct MachinePeaks {
    /// Billions of operations a second on floats, and on bytes; 0 where it is not known.
    let floats: Double
    let bytes: Double
    /// Gigabytes a second out of the last cache.
    let reading: Double

    /// Measures the peaks.
    init(threads: Int) {
        floats = peak_arithmetic(PEAK_FP32, Int32(threads))
        bytes = peak_arithmetic(PEAK_INT8, Int32(threads))
        reading = peak_reading(8 << 20, Int32(threads))
    }

    /// The peak of what a case uses up.
    func rate(_ resource: Case.Resource) -> Double {
        switch resource {
        case .floats: floats
        case .bytes: bytes
        case .memory: reading
        }
    }
}
