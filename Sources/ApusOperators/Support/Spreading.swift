// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels

extension WorkerPool {
    /// Simple operations that are worth handing to another thread.
    static let grain = 1 << 15

    /// Spreads items, each costing about so many simple operations, over the threads in ranges.
    func spread(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
        let (work, overflow) = count.multipliedReportingOverflow(by: Swift.max(cost, 1))
        let most = threadCount == 1 ? 1 : threadCount * 4
        let partCount = Swift.min(most, count, overflow ? most : work / WorkerPool.grain)
        guard partCount > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        let (size, rest) = count.quotientAndRemainder(dividingBy: partCount)
        run(partCount: partCount) { part in
            let first = part * size + Swift.min(part, rest)
            body(first..<(first + size + (part < rest ? 1 : 0)))
        }
    }
}
