// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

/// Random inputs from fixed seeds, against what must hold whatever happens.
@Suite struct SequenceBatcherPropertyTests {
    typealias Random = BatcherPropertyTests.Random

    @Test(
        "Requests of a sequence run once, in order, one at a time, and within the seats", arguments: 0..<300)
    func holds(seed: UInt64) {
        var random = Random(state: seed &+ 77)
        var run = Run(&random)
        for _ in 0..<500 { run.step(&random) }
        run.finish()
    }

    /// A queue with all that is known of what it was given.
    private struct Run {
        private struct Request {
            var id: UInt64
            var serial: Int
            /// The start it came after.
            var epoch: Int
            var deadline: Int64
        }

        var batcher: SequenceBatcher
        var actions = Batcher.Actions()
        var now: Int64 = 0
        let maximumSize: Int?
        var busy: [Int]
        var idle: Set<Int> = []
        private var waiting: [Int: Request] = [:]
        private var running: [Int: [Int]] = [:]
        private var live: Set<UInt64> = []
        /// The sequence that each ticket belongs to while it runs.
        private var runningIDs: [Int: UInt64] = [:]
        private var lastServed: [UInt64: Int] = [:]
        /// The epoch of which the last request ran.
        private var servedEpoch: [UInt64: Int] = [:]
        private var epochs: [UInt64: Int] = [:]
        private var holders: [Int: UInt64] = [:]
        private var freeTickets = Array((0..<48).reversed())
        private var nextSerial = 0
        let idleTime: Int64

        init(_ random: inout Random) {
            maximumSize = Int.random(in: 0...3, using: &random) == 0 ? nil : Int.random(in: 1...5, using: &random)
            let count = Int.random(in: 1...3, using: &random)
            var policy = SequencePolicy()
            idleTime = Int64.random(in: 500...5_000, using: &random)
            policy.maximumIdle = .nanoseconds(idleTime)
            if Bool.random(using: &random) {
                var rules = BatchPolicy()
                rules.maximumDelay = .nanoseconds(Int.random(in: 0...40, using: &random))
                rules.preservesOrder = Bool.random(using: &random)
                policy.strategy = .oldest(maximumSequences: Int.random(in: 1...6, using: &random), policy: rules)
            } else {
                policy.strategy = .direct(
                    maximumDelay: .nanoseconds(Int.random(in: 0...40, using: &random)),
                    minimumUtilization: Float.random(in: 0...1, using: &random))
            }
            batcher = SequenceBatcher(
                policy: policy, maximumSize: maximumSize, instanceCount: count,
                mostWaiting: Int.random(in: 0...6, using: &random))
            busy = Array(0..<count)
        }

        mutating func step(_ random: inout Random) {
            now += Int64.random(in: 0...20, using: &random)
            switch Int.random(in: 0...7, using: &random) {
            case 0...3: arrive(&random)
            case 4, 5:
                guard let instance = busy.popLast() else { return }
                free(instance)
            case 6:
                guard let ticket = waiting.keys.sorted().randomElement(using: &random) else { return }
                let isTaken = batcher.cancel(ticket, now: now, &actions)
                #expect(isTaken)
                leave(ticket)
            default:
                if Int.random(in: 0...9, using: &random) == 0 { now += idleTime }
                if let time = batcher.nextTimer, time <= now { batcher.timer(now: now, &actions) }
            }
            check()
        }

        private mutating func arrive(_ random: inout Random) {
            guard let ticket = freeTickets.popLast() else { return }
            let id = UInt64.random(in: 1...9, using: &random)
            var arrival = Batcher.Arrival(ticket: ticket)
            let mark = SequenceMark(
                id: .number(id), isStart: Int.random(in: 0...3, using: &random) == 0,
                isEnd: Int.random(in: 0...4, using: &random) == 0)
            arrival.sequence = mark
            arrival.shape = Int.random(in: 0...1, using: &random)
            if Int.random(in: 0...9, using: &random) == 0 { arrival.deadline = now + 60 }
            if mark.isStart { epochs[id, default: 0] += 1 }
            waiting[ticket] = Request(
                id: id, serial: nextSerial, epoch: epochs[id, default: 0], deadline: arrival.deadline)
            nextSerial += 1
            batcher.arrive(arrival, now: now, &actions)
            if let refusal = actions.refusals.first(where: { $0.ticket == ticket && $0.reason != .deadline }) {
                #expect(refusal.reason != .notStarted || !mark.isStart)
            }
        }

        private mutating func free(_ instance: Int) {
            idle.insert(instance)
            for ticket in running.removeValue(forKey: instance) ?? [] {
                runningIDs[ticket] = nil
                freeTickets.append(ticket)
            }
            batcher.instanceFree(instance, now: now, &actions)
        }

        private mutating func leave(_ ticket: Int) {
            waiting[ticket] = nil
            freeTickets.append(ticket)
        }

        private mutating func check() {
            for refusal in actions.refusals {
                guard let request = waiting[refusal.ticket] else {
                    Issue.record("\(refusal) is of no request that waits")
                    continue
                }
                if refusal.reason == .deadline { #expect(request.deadline <= now) }
                leave(refusal.ticket)
            }
            #expect(actions.rows.count == actions.tickets.count)
            for batch in actions.batches { check(batch) }
            actions.removeAll()
            #expect(batcher.count == waiting.count)
            #expect(batcher.activeCount <= batcher.seatCount)
            #expect(batcher.backlogCount == 0 || batcher.activeCount == batcher.seatCount, "a seat is free")
        }

        private mutating func check(_ batch: Batcher.Actions.Batch) {
            let isFree = idle.remove(batch.instance) != nil
            #expect(isFree, "the instance was not free")
            busy.append(batch.instance)
            #expect(batch.tickets.count <= maximumSize ?? 1)
            var ids: Set<UInt64> = []
            for place in batch.tickets {
                let (ticket, row) = (actions.tickets[place], actions.rows[place])
                guard let request = waiting.removeValue(forKey: ticket) else {
                    Issue.record("ticket \(ticket) runs and does not wait")
                    continue
                }
                let isAlone = ids.insert(request.id).inserted
                #expect(isAlone, "a sequence is twice in a batch")
                let isOther = runningIDs.values.contains(request.id)
                #expect(!isOther, "two requests of a sequence run at a time")
                if !row.isStart {
                    #expect(holders[row.sequence] == request.id, "a sequence goes on in a place that is not its own")
                }
                if let last = lastServed[request.id] { #expect(last < request.serial, "a request was passed") }
                lastServed[request.id] = request.serial
                if servedEpoch[request.id] != request.epoch, request.epoch > 0 {
                    #expect(row.isStart, "the first request of a sequence does not start it")
                }
                servedEpoch[request.id] = request.epoch
                holders[row.sequence] = row.isEnd ? nil : request.id
                runningIDs[ticket] = request.id
                running[batch.instance, default: []].append(ticket)
            }
        }

        /// Frees instances until nothing waits: everything that was not refused runs in the end.
        mutating func finish() {
            batcher.shutdown(now: now, &actions)
            check()
            var turns = 0
            while !waiting.isEmpty || !running.isEmpty, turns < 1_000, let instance = busy.first {
                turns += 1
                now += 1
                busy.removeFirst()
                free(instance)
                check()
            }
            #expect(waiting.isEmpty, "\(waiting.count) requests were never served")
            #expect(batcher.activeCount == 0)
            #expect(batcher.backlogCount == 0)
            let counts = batcher.counts
            #expect(counts.started >= counts.ended + counts.idle)
        }
    }
}
