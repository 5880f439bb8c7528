// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct ResidencyTableTests {
    /// A table with a clock moved by hand, and what it said last.
    private struct Harness {
        var table: ResidencyTable
        var now: Int64 = 0
        var actions: [ResidencyTable.Action] = []
        private var ticket = 0

        init(_ budget: Int, mostWaiting: Int = 8, _ models: [String: Int]) {
            table = ResidencyTable(budget: budget, mostWaiting: mostWaiting, patience: .seconds(1))
            for (name, byteCount) in models { table.know(name, byteCount: byteCount, isPinned: name == "pinned") }
        }

        mutating func enter(_ name: String) -> ResidencyTable.Entry {
            tick()
            ticket += 1
            return table.enter(name, ticket, now: now, &actions)
        }

        mutating func loaded(_ name: String, _ byteCount: Int) {
            tick()
            table.loaded(name, byteCount: byteCount, isPinned: false, now: now, &actions)
        }

        mutating func leave(_ name: String) {
            tick()
            table.leave(name, now: now, &actions)
        }

        mutating func evicted(_ name: String) {
            tick()
            table.evicted(name, now: now, &actions)
        }

        mutating func wait(_ nanoseconds: Int64) {
            tick()
            now += nanoseconds
            if let time = table.nextTimer, time <= now { table.timer(now: now, &actions) }
        }

        private mutating func tick() {
            now += 1
            actions = []
        }
    }

    @Test("Many requests wait for one load, and those that come too late for the line are turned away")
    func singleFlight() {
        var harness = Harness(100, mostWaiting: 3, ["a": 10])
        #expect(harness.enter("a") == .waits)
        #expect(harness.actions == [.load("a")])
        #expect(harness.enter("a") == .waits)
        #expect(harness.actions.isEmpty)
        #expect(harness.enter("a") == .waits)
        #expect(harness.enter("a") == .full)
        #expect(harness.enter("nobody") == .unknown)
        harness.loaded("a", 20)
        #expect(harness.actions == [.admit([1, 2, 3], model: "a")])
        #expect(harness.table.usedByteCount == 20)
        #expect(harness.enter("a") == .inside)
    }

    @Test("The model that was not used for the longest goes, and never one in use or pinned")
    func evictsOldest() {
        var harness = Harness(100, ["a": 30, "b": 30, "pinned": 30, "c": 30, "d": 30])
        for name in ["pinned", "a", "b"] {
            #expect(harness.enter(name) == .waits)
            harness.loaded(name, 30)
            harness.leave(name)
        }
        #expect(harness.enter("a") == .inside)
        #expect(harness.enter("c") == .waits)
        #expect(harness.actions == [.evict("b")])
        harness.evicted("b")
        #expect(harness.actions == [.load("c")])
        harness.loaded("c", 30)
        // Now a and c are in use: the next one has to wait until one of them is not.
        #expect(harness.enter("d") == .waits)
        #expect(harness.actions.isEmpty)
        harness.leave("c")
        #expect(harness.actions == [.evict("c")])
    }

    @Test("A model that never rests takes no new requests after a while, and is back when it was asked for again")
    func patience() {
        var harness = Harness(50, ["busy": 40, "b": 40])
        #expect(harness.enter("busy") == .waits)
        harness.loaded("busy", 40)
        #expect(harness.enter("b") == .waits)
        #expect(harness.actions.isEmpty)
        #expect(harness.enter("busy") == .inside)
        harness.wait(1_000_000_000)
        #expect(harness.table.phase(of: "busy") == .leaving)
        #expect(harness.enter("busy") == .waits)
        harness.leave("busy")
        #expect(harness.actions.isEmpty)
        harness.leave("busy")
        #expect(harness.actions == [.evict("busy")])
        harness.evicted("busy")
        #expect(harness.actions == [.load("b")])
        harness.loaded("b", 40)
        #expect(harness.actions == [.admit([2], model: "b")])
        harness.leave("b")
        #expect(harness.actions == [.evict("b")])
        harness.evicted("b")
        #expect(harness.actions == [.load("busy")])
    }

    @Test("A model that alone is too large is refused with both sizes, at once when it was measured before")
    func tooLarge() {
        var harness = Harness(50, ["a": 40, "huge": 1000])
        #expect(harness.enter("huge") == .waits)
        #expect(harness.actions == [.refuse([1], model: "huge", needed: 1000, available: 50)])
        #expect(harness.enter("a") == .waits)
        harness.loaded("a", 60)
        #expect(harness.actions == [.refuse([2], model: "a", needed: 60, available: 50), .evict("a")])
        harness.evicted("a")
        #expect(harness.enter("a") == .waits)
        #expect(harness.actions == [.refuse([3], model: "a", needed: 60, available: 50)])
        // With other files it may be smaller.
        harness.table.know("a", byteCount: 30, isPinned: false)
        #expect(harness.enter("a") == .waits)
        #expect(harness.actions == [.load("a")])
    }

    @Test("What turns out larger than its files has others go afterwards")
    func measuresLater() {
        var harness = Harness(100, ["a": 40, "b": 40])
        #expect(harness.enter("a") == .waits)
        harness.loaded("a", 40)
        harness.leave("a")
        #expect(harness.enter("b") == .waits)
        #expect(harness.actions == [.load("b")])
        harness.loaded("b", 80)
        #expect(harness.actions == [.admit([2], model: "b"), .evict("a")])
    }

    @Test("A load nobody waits for any more is not begun, and a failed one tells all who waited")
    func cancelled() {
        var harness = Harness(50, ["a": 40, "b": 40])
        #expect(harness.enter("a") == .waits)
        #expect(harness.enter("b") == .waits)
        let isCancelled = harness.table.cancel(2, of: "b")
        #expect(isCancelled)
        var actions: [ResidencyTable.Action] = []
        #expect(harness.table.failed("a", now: 9, &actions) == [1])
        #expect(actions.isEmpty)
        #expect(harness.table.phase(of: "b") == .absent)
        #expect(harness.table.usedByteCount == 0)
    }
}
