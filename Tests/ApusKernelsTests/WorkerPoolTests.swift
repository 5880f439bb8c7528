// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Glibc
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test("Every part is carried out exactly once", arguments: [1, 2, 3, 7])
    func everyPart(threadCount: Int) {
        let pool = WorkerPool(threadCount: threadCount)
        #expect(pool.threadCount == threadCount)
        for partCount in [0, 1, 2, 3, 5, 64, 1000] {
            let counts = Counts(partCount)
            for _ in 0..<20 { pool.run(partCount: partCount) { counts.count($0) } }
            #expect(counts.values == Array(repeating: 20, count: partCount))
        }
    }

    @Test("No more threads than asked for take part")
    func threadCount() {
        let pool = WorkerPool(threadCount: 3)
        let running = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        for _ in 0..<50 {
            pool.run(partCount: 16) { _ in
                let now = running.add(1, ordering: .relaxed).newValue
                _ = most.max(now, ordering: .relaxed)
                running.subtract(1, ordering: .relaxed)
            }
        }
        #expect(most.load(ordering: .relaxed) <= 3)
    }

    @Test("A shortage of memory on any thread reaches the caller, once")
    func shortage() {
        let pool = WorkerPool(threadCount: 3)
        for _ in 0..<50 {
            pool.run(partCount: 16) { _ in ScratchShortage.hand(7) }
            #expect(ScratchShortage.take() == 7)
            #expect(ScratchShortage.take() == nil)
        }
    }

    @Test("A run inside a run is carried out by the part that asks")
    func nested() {
        let pool = WorkerPool(threadCount: 3)
        let counts = Counts(12 * 5)
        pool.run(partCount: 12) { outer in
            pool.run(partCount: 5) { inner in counts.count(outer * 5 + inner) }
        }
        #expect(counts.values == Array(repeating: 1, count: 60))
    }

    @Test("Callers on several threads do not lose parts")
    func concurrentCallers() async {
        let pool = WorkerPool(threadCount: 2)
        let counts = Counts(32)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<100 { pool.run(partCount: 32) { counts.count($0) } }
                }
            }
        }
        #expect(counts.values == Array(repeating: 400, count: 32))
    }

    @Test("Pools that slept wake up, and end their threads")
    func lifetime() {
        for _ in 0..<20 {
            let pool = WorkerPool(threadCount: 4)
            let counts = Counts(8)
            pool.run(partCount: 8) { counts.count($0) }
            usleep(200)
            pool.run(partCount: 8) { counts.count($0) }
            #expect(counts.values == Array(repeating: 2, count: 8))
        }
    }
}

/// One counter per part.
private struct Counts: Sendable {
    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    private let counters: [Counter]

    init(_ count: Int) { counters = (0..<count).map { _ in Counter() } }

    func count(_ part: Int) { counters[part].value.add(1, ordering: .relaxed) }

    var values: [Int] { counters.map { $0.value.load(ordering: .relaxed) } }
}
