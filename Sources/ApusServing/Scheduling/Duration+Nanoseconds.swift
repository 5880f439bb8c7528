// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// The duration in whole nanoseconds, as near as they come: none for a negative one, the most for one too long.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, isTooMuch) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || isTooMuch ? .max : total
    }
}
