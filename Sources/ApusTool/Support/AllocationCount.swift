// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The allocations of this process, where a library that counts them was loaded before all others.
///
/// Build the product `ApusAllocations` and start the tool with `LD_PRELOAD=libApusAllocations.so`.
struct AllocationCount {
    private let count: @convention(c) () -> Int
    private let trace: @convention(c) (CInt) -> Void

    /// Finds the counter; nil when the process was started without it.
    init?() {
        // SAFETY: the names belong to CApusAllocations alone, which declares them with these types.
        guard let count = unsafe dlsym(nil, "apus_allocation_count"),
            let trace = unsafe dlsym(nil, "apus_allocation_trace")
        else { return nil }
        self.count = unsafe unsafeBitCast(count, to: (@convention(c) () -> Int).self)
        self.trace = unsafe unsafeBitCast(trace, to: (@convention(c) (CInt) -> Void).self)
    }

    /// The allocations of one run, as the mean of some; they may wait for memory they use again to be found first.
    func perRun(_ runCount: Int, _ run: () throws -> Void) rethrows -> Double {
        for _ in 0..<3 { try run() }
        trace(1)
        let start = count()
        for _ in 0..<runCount { try run() }
        let end = count()
        trace(0)
        return Double(end - start) / Double(runCount)
    }
}
