// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct SequenceBatcherTests {
    private static let second: Int64 = 1_000_000_000

    @Test("Requests of one sequence run one after the other in the order in which they came")
    func keepsOrder() {
        var queue = SequenceHarness()
        queue.arrive(0, of: 7, start: true)
        #expect(queue.batches == [[0]])
        #expect(queue.starts == [0])
        queue.arrive(1, of: 7)
        queue.arrive(2, of: 7, end: true)
        #expect(queue.batches.isEmpty)
        #expect(queue.batcher.count == 2)
        queue.free()
        #expect(queue.batches == [[1]])
        #expect(queue.starts.isEmpty)
        #expect(queue.ends.isEmpty)
        queue.free()
        #expect(queue.batches == [[2]])
        #expect(queue.ends == [2])
        queue.free()
        #expect(queue.batcher.activeCount == 0)
        #expect(queue.dropped.count == 1)
    }

    @Test("Requests of different sequences share batches in the order of their seats")
    func batches() {
        var queue = SequenceHarness(maximumSize: 3)
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 2, start: true)
        queue.arrive(2, of: 3, start: true)
        queue.arrive(3, of: 1)
        queue.free()
        // The batch is gathered when the instance is free, and its first request came last to its turn.
        #expect(queue.batches == [[3, 1, 2]])
        #expect(queue.starts == [1, 2])
        #expect(Set(queue.places).count == 3)
    }

    @Test("A request of a sequence that did not start is refused, as is one after the end")
    func needsStart() {
        var queue = SequenceHarness()
        queue.arrive(0, of: 1)
        #expect(queue.refusals == [.init(ticket: 0, reason: .notStarted)])
        queue.arrive(0, of: nil)
        #expect(queue.refusals == [.init(ticket: 0, reason: .notStarted)])
        queue.arrive(1, of: 1, start: true, end: true)
        #expect(queue.batches == [[1]])
        #expect(queue.starts == [1])
        #expect(queue.ends == [1])
        queue.arrive(2, of: 1)
        #expect(queue.refusals == [.init(ticket: 2, reason: .notStarted)])
        #expect(queue.batcher.count == 0)
    }

    @Test("Sequences beyond the seats wait with all their requests, and the oldest takes the seat that is free first")
    func backlog() {
        var queue = SequenceHarness(maximumSize: nil, instances: 1)
        #expect(queue.batcher.seatCount == 1)
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 2, start: true)
        queue.arrive(2, of: 3, start: true, end: true)
        queue.arrive(3, of: 2, end: true)
        #expect(queue.batcher.backlogCount == 2)
        queue.free()
        // The first sequence keeps its seat: it has not ended.
        #expect(queue.batches.isEmpty)
        queue.arrive(4, of: 1, end: true)
        #expect(queue.batches == [[4]])
        queue.free()
        #expect(queue.batches == [[1]])
        #expect(queue.batcher.backlogCount == 1)
        queue.free()
        #expect(queue.batches == [[3]])
        queue.free()
        #expect(queue.batches == [[2]])
        queue.free()
        #expect(queue.batcher.activeCount == 0)
        #expect(queue.batcher.counts.ended == 3)
    }

    @Test("More sequences than may wait are refused")
    func limitsBacklog() {
        var queue = SequenceHarness(maximumSize: nil, mostWaiting: 1)
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 2, start: true)
        queue.arrive(2, of: 3, start: true)
        #expect(queue.refusals == [.init(ticket: 2, reason: .tooManySequences)])
        queue.arrive(3, of: 3)
        #expect(queue.refusals == [.init(ticket: 3, reason: .notStarted)])
    }

    @Test("A sequence without a request is over when its time is, and one that runs or waits is not")
    func dropsIdle() {
        var queue = SequenceHarness(maximumSize: nil)
        queue.arrive(0, of: 1, start: true)
        queue.wait(5 * Self.second)
        #expect(queue.dropped.isEmpty)
        queue.arrive(1, of: 2, start: true)
        queue.free()
        queue.wait(Self.second - 1)
        #expect(queue.batcher.activeCount == 1)
        queue.wait(1)
        #expect(queue.dropped.count == 1)
        // The seat goes to the one that waited.
        #expect(queue.batches == [[1]])
        #expect(queue.batcher.counts.idle == 1)
        queue.arrive(2, of: 1)
        #expect(queue.refusals == [.init(ticket: 2, reason: .notStarted)])
        queue.arrive(3, of: 1, start: true)
        #expect(queue.refusals.isEmpty)
    }

    @Test("A request puts off the end of an idle sequence")
    func staysAlive() {
        var queue = SequenceHarness()
        queue.arrive(0, of: 1, start: true)
        queue.free()
        queue.wait(Self.second / 2)
        queue.arrive(1, of: 1)
        queue.free()
        queue.wait(Self.second * 3 / 4)
        #expect(queue.batcher.activeCount == 1)
        queue.wait(Self.second / 4)
        #expect(queue.batcher.activeCount == 0)
        #expect(queue.batcher.nextTimer == nil)
    }

    @Test("A second start begins the sequence anew, after the requests that came before it")
    func restarts() {
        var queue = SequenceHarness()
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 1)
        queue.arrive(2, of: 1, start: true)
        queue.free()
        #expect(queue.batches == [[1]])
        #expect(queue.starts.isEmpty)
        queue.free()
        #expect(queue.batches == [[2]])
        #expect(queue.starts == [2])
        #expect(queue.batcher.counts.restarted == 1)
    }

    @Test("A sequence that begins where another of its name ends runs after it")
    func follows() {
        var queue = SequenceHarness(maximumSize: 2, instances: 2)
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 1, end: true)
        queue.arrive(2, of: 1)
        #expect(queue.refusals == [.init(ticket: 2, reason: .notStarted)])
        queue.arrive(3, of: 1, start: true)
        queue.arrive(4, of: 1)
        #expect(queue.batches.isEmpty)
        queue.free(1)
        #expect(queue.batches == [[1]])
        queue.free(0)
        #expect(queue.batches == [[3]])
        #expect(queue.starts == [3])
        #expect(queue.batcher.counts.started == 2)
        #expect(queue.batcher.counts.ended == 1)
    }

    @Test("Where the first request is taken back the next begins the sequence")
    func cancels() {
        var queue = SequenceHarness(maximumSize: nil)
        queue.arrive(0, of: 9, start: true, end: true)
        queue.arrive(1, of: 1, start: true)
        queue.arrive(2, of: 1)
        // The one that runs cannot be taken back, nor can one twice.
        let taken = [1, 0, 1].map { queue.cancel($0) }
        #expect(taken == [true, false, false])
        queue.free()
        #expect(queue.batches == [[2]])
        #expect(queue.starts == [2])
        queue.free()
        queue.arrive(3, of: 1)
        queue.arrive(4, of: 1)
        queue.arrive(5, of: 1, end: true)
        let others = [4, 5].map { queue.cancel($0) }
        #expect(others == [true, true])
        // Its end was taken back, but it has come: the seat is free when the last request has run.
        queue.free()
        #expect(queue.batcher.activeCount == 0)
        #expect(queue.batcher.count == 0)
    }

    @Test("The start is carried to a request that has not come yet")
    func carriesStart() {
        var queue = SequenceHarness(maximumSize: nil)
        queue.arrive(0, of: 9, start: true, end: true)
        queue.arrive(1, of: 1, start: true)
        let isTaken = queue.cancel(1)
        #expect(isTaken)
        queue.free()
        queue.arrive(2, of: 1)
        #expect(queue.starts == [2])
    }

    @Test("A request whose caller has stopped waiting is refused, and the sequence goes on")
    func deadlines() {
        var queue = SequenceHarness(maximumSize: nil)
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 1, deadline: queue.now + 50)
        queue.arrive(2, of: 1)
        queue.wait(2_000_000)
        #expect(queue.refusals == [.init(ticket: 1, reason: .deadline)])
        queue.free()
        #expect(queue.batches == [[2]])
        // Offered, but no instance is free.
        queue.arrive(3, of: 1, deadline: queue.now + 50)
        queue.arrive(4, of: 1)
        queue.wait(2_000_000)
        #expect(queue.refusals == [.init(ticket: 3, reason: .deadline)])
        queue.free()
        #expect(queue.batches == [[4]])
    }

    @Test("A delay ends when enough seats have a request, or when it is over")
    func utilization() {
        var queue = SequenceHarness(
            .direct(maximumDelay: .nanoseconds(100), minimumUtilization: 0.5), maximumSize: 4)
        queue.arrive(0, of: 1, start: true)
        #expect(queue.batches.isEmpty)
        queue.arrive(1, of: 2, start: true)
        #expect(queue.batches == [[0, 1]])
        queue.arrive(2, of: 3, start: true)
        queue.free()
        #expect(queue.batches.isEmpty)
        queue.wait(100)
        #expect(queue.batches == [[2]])
    }

    @Test("The oldest requests of so many sequences run together, in batches of the preferred size")
    func oldest() {
        var policy = BatchPolicy()
        policy.preferredSizes = [2]
        policy.maximumDelay = .nanoseconds(100)
        var queue = SequenceHarness(.oldest(maximumSequences: 3, policy: policy), maximumSize: 4)
        #expect(queue.batcher.seatCount == 3)
        queue.arrive(0, of: 1, start: true)
        #expect(queue.batches.isEmpty)
        queue.arrive(1, of: 2, start: true)
        #expect(queue.batches == [[0, 1]])
        for id in 3...5 { queue.arrive(Int(id), of: UInt64(id), start: true) }
        #expect(queue.batcher.activeCount == 3)
        #expect(queue.batcher.backlogCount == 2)
        queue.free()
        #expect(queue.batches.isEmpty)
        queue.wait(100)
        #expect(queue.batches == [[3]])
    }

    @Test("At the end every sequence is over with the requests it has")
    func shutsDown() {
        var queue = SequenceHarness(maximumSize: nil)
        queue.arrive(0, of: 1, start: true)
        queue.arrive(1, of: 2, start: true)
        queue.arrive(2, of: 2)
        queue.free()
        #expect(queue.batches.isEmpty)
        // The first sequence has nothing to run: its seat goes to the second.
        queue.shutdown()
        #expect(queue.batches == [[1]])
        queue.free()
        #expect(queue.batches == [[2]])
        queue.free()
        #expect(queue.batcher.count == 0)
        #expect(queue.batcher.activeCount == 0)
        #expect(queue.batcher.counts.closed == 2)
    }
}
