// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

/// Random inputs from fixed seeds, against what must hold whatever happens.
@Suite struct BatcherPropertyTests {
    struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    @Test("No request is lost or runs twice, batches keep to their bounds, and order is kept", arguments: 0..<300)
    func holds(seed: UInt64) {
        var random = Random(state: seed)
        var run = Run(&random)
        for _ in 0..<400 { run.step(&random) }
        run.finish()
    }

    /// A batcher with all that is known of what it was given.
    private struct Run {
        var batcher: Batcher
        var actions = Batcher.Actions()
        var now: Int64 = 0
        let policy: BatchPolicy
        let maximumSize: Int?
        var busy: [Int] = []
        var idle: Set<Int>
        var waiting: [Int: Batcher.Arrival] = [:]
        var arrivedAt: [Int: Int64] = [:]
        var serial: [Int: Int] = [:]
        var nextSerial = 0
        var lastServed = -1
        var freeTickets = Array((0..<64).reversed())

        init(_ random: inout Random) {
            var policy = BatchPolicy()
            policy.preservesOrder = Bool.random(using: &random)
            if Bool.random(using: &random) {
                policy.maximumDelay = .nanoseconds(Int.random(in: 1...50, using: &random))
            }
            maximumSize = Int.random(in: 0...4, using: &random) == 0 ? nil : Int.random(in: 1...9, using: &random)
            if let maximumSize, Bool.random(using: &random) {
                policy.preferredSizes = [Int.random(in: 1...maximumSize, using: &random)]
            }
            if !policy.preservesOrder {
                policy.priorityLevels = UInt64.random(in: 0...3, using: &random)
                policy.defaultPriority = min(policy.priorityLevels, 1)
                policy.queuePolicy.timeoutAction = Bool.random(using: &random) ? .delay : .reject
                policy.queuePolicy.defaultTimeout = .nanoseconds(Int.random(in: 0...3_000_000, using: &random))
                policy.queuePolicy.maximumSize = Int.random(in: 0...20, using: &random)
            }
            self.policy = policy
            batcher = Batcher(policy: policy, maximumSize: maximumSize)
            idle = []
            busy = Array(0..<Int.random(in: 1...3, using: &random))
        }

        mutating func step(_ random: inout Random) {
            now += Int64.random(in: 0...3, using: &random) == 0 ? Int64.random(in: 0...900_000, using: &random) : 3
            switch Int.random(in: 0...5, using: &random) {
            case 0, 1, 2:
                guard let ticket = freeTickets.popLast() else { return }
                var arrival = Batcher.Arrival(ticket: ticket)
                arrival.size = Int.random(in: 1...(maximumSize ?? 3), using: &random)
                arrival.shape = Int.random(in: 0...1, using: &random)
                arrival.priority = UInt64.random(in: 0...4, using: &random)
                if Int.random(in: 0...9, using: &random) == 0 { arrival.deadline = now + 40 }
                waiting[ticket] = arrival
                arrivedAt[ticket] = now
                serial[ticket] = nextSerial
                nextSerial += 1
                batcher.arrive(arrival, now: now, &actions)
            case 3:
                guard let instance = busy.popLast() else { return }
                idle.insert(instance)
                batcher.instanceFree(instance, now: now, &actions)
            case 4:
                guard let ticket = waiting.keys.sorted().randomElement(using: &random) else { return }
                let isTaken = batcher.cancel(ticket)
                #expect(isTaken)
                leave(ticket)
            default:
                guard let time = batcher.nextTimer, time <= now else { return }
                batcher.timer(now: now, &actions)
            }
            check()
        }

        mutating func leave(_ ticket: Int) {
            waiting[ticket] = nil
            freeTickets.append(ticket)
        }

        mutating func check() {
            for refusal in actions.refusals {
                guard let arrival = waiting[refusal.ticket] else {
                    Issue.record("\(refusal) is of no request that waits")
                    continue
                }
                switch refusal.reason {
                case .deadline: #expect(arrival.deadline <= now)
                case .timeout: #expect(policy.queuePolicy.timeoutAction == .reject)
                case .queueFull: #expect(policy.queuePolicy.maximumSize > 0)
                case .notStarted, .tooManySequences: Issue.record("\(refusal) is of a sequence")
                }
                leave(refusal.ticket)
            }
            for batch in actions.batches { check(batch) }
            actions.removeAll()
            #expect(batcher.count == waiting.count)
            #expect(policy.maximumDelay > .zero || idle.isEmpty || waiting.isEmpty, "an instance idles beside a queue")
        }

        mutating func check(_ batch: Batcher.Actions.Batch) {
            let free = idle.remove(batch.instance)
            #expect(free != nil, "the instance was not free")
            busy.append(batch.instance)
            var size = 0
            var shapes: Set<Int> = []
            for ticket in actions.tickets[batch.tickets] {
                guard let arrival = waiting[ticket] else {
                    Issue.record("ticket \(ticket) runs and does not wait")
                    continue
                }
                #expect(arrival.deadline > now)
                size += arrival.size
                shapes.insert(arrival.shape)
                if policy.preservesOrder, let own = serial[ticket] {
                    #expect(own > lastServed, "a request was passed")
                    lastServed = own
                }
                leave(ticket)
            }
            #expect(size == batch.size)
            #expect(!batch.tickets.isEmpty)
            #expect(shapes.count == 1)
            if let maximumSize { #expect(size <= maximumSize) } else { #expect(batch.tickets.count == 1) }
        }

        /// Frees instances until nothing waits: everything that was not refused runs in the end.
        mutating func finish() {
            batcher.shutdown(now: now, &actions)
            check()
            var turns = 0
            while !waiting.isEmpty, turns < 1_000, let instance = busy.popLast() {
                turns += 1
                now += 1
                idle.insert(instance)
                batcher.instanceFree(instance, now: now, &actions)
                check()
            }
            #expect(waiting.isEmpty, "\(waiting.count) requests were never served")
        }
    }
}
