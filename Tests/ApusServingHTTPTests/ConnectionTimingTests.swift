// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServingHTTP
import NIOCore
import Testing

@Suite struct ConnectionTimingTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func limits() -> HTTPLimits {
        var limits = HTTPLimits()
        limits.headTime = .seconds(10)
        limits.idleTime = .seconds(60)
        limits.bodyTime = .seconds(20)
        limits.writeTime = .seconds(30)
        limits.bodyBytes = 1000
        return limits
    }

    private static func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test("A connection that says nothing is closed after the time for a head")
    func silence() {
        let timing = ConnectionTiming(limits: Self.limits(), now: Self.start)
        #expect(!timing.isOver(at: Self.after(9)))
        #expect(timing.isOver(at: Self.after(10)))
        #expect(timing.nextCheck(at: Self.start) == Self.after(10))
    }

    @Test("A body that stands still or trickles in is cut off, one that moves is not", arguments: [100_000, 1])
    func body(step: Int) {
        var timing = ConnectionTiming(limits: Self.limits(), now: Self.start)
        timing.head(at: Self.after(1))
        for second in stride(from: 10, to: 200, by: 10) {
            #expect(timing.isOver(at: Self.after(Int64(second))) == (step == 1 && second > 20))
            let isTaken = timing.body(step, at: Self.after(Int64(second)))
            #expect(isTaken)
        }
        #expect(timing.isOver(at: Self.after(210)))
    }

    @Test("A body of far more bytes than any may have is cut off")
    func size() {
        var timing = ConnectionTiming(limits: Self.limits(), now: Self.start)
        timing.head(at: Self.start)
        let isTaken = timing.body(1000, at: Self.start)
        #expect(isTaken)
        let isTooMuchTaken = timing.body(1 << 25, at: Self.start)
        #expect(!isTooMuchTaken)
    }

    @Test("While the server has the turn there is no deadline; afterwards the connection may lie idle for a while")
    func answering() {
        var timing = ConnectionTiming(limits: Self.limits(), now: Self.start)
        timing.head(at: Self.start)
        timing.end(at: Self.start)
        #expect(!timing.isOver(at: Self.after(10_000)))
        timing.answered(at: Self.after(10_000))
        #expect(!timing.isOver(at: Self.after(10_059)))
        #expect(timing.isOver(at: Self.after(10_060)))
    }

    @Test("A client that does not read its answer is cut off")
    func unread() {
        var timing = ConnectionTiming(limits: Self.limits(), now: Self.start)
        timing.head(at: Self.start)
        timing.end(at: Self.start)
        timing.writable(false, at: Self.start)
        #expect(!timing.isOver(at: Self.after(29)))
        #expect(timing.isOver(at: Self.after(30)))
        timing.writable(true, at: Self.after(20))
        #expect(!timing.isOver(at: Self.after(30)))
    }
}
