// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct BatcherTests {
    @Test("An instance that is free takes what comes at once when there is no delay")
    func sendsImmediately() {
        var queue = BatcherHarness()
        queue.arrive(0)
        #expect(queue.batches == [[0]])
        #expect(queue.closings == [.immediate])
    }

    @Test("What came while the instance was busy goes together")
    func batchesTheQueue() {
        var queue = BatcherHarness()
        for ticket in 0..<4 { queue.arrive(ticket) }
        queue.free()
        #expect(queue.batches == [[1, 2, 3]])
        #expect(queue.batcher.count == 0)
    }

    @Test("A batch never holds more rows than the model takes")
    func keepsTheMaximum() {
        var queue = BatcherHarness(maximumSize: 4)
        queue.arrive(0)
        for ticket in 1...3 { queue.arrive(ticket, size: 2) }
        queue.free()
        #expect(queue.batches == [[1, 2]])
        #expect(queue.sizes == [4])
        #expect(queue.closings == [.full])
        queue.free()
        #expect(queue.batches == [[3]])
    }

    @Test("A request that does not fit closes the batch before it, and is not passed")
    func closesBeforeWhatDoesNotFit() {
        var queue = BatcherHarness(maximumSize: 4) { $0.maximumDelay = .seconds(1) }
        queue.arrive(0, size: 3)
        queue.arrive(1, size: 2)
        #expect(queue.batches == [[0]])
        #expect(queue.closings == [.full])
        queue.arrive(2, size: 1)
        queue.free()
        #expect(queue.batches.isEmpty)
        queue.wait(1_000_000_000)
        #expect(queue.batches == [[1, 2]])
    }

    @Test("Without batching every request runs alone, in order")
    func runsAlone() {
        var queue = BatcherHarness(maximumSize: nil, instances: 2)
        queue.arrive(0)
        queue.arrive(1)
        queue.arrive(2)
        #expect(queue.batches.isEmpty)
        queue.free(1)
        #expect(queue.batches == [[2]])
        #expect(queue.closings == [.single])
        #expect(queue.instances == [1])
    }

    @Test("With a delay a batch waits for others until its oldest request has waited that long")
    func waitsForTheDelay() {
        var queue = BatcherHarness { $0.maximumDelay = .nanoseconds(100) }
        queue.arrive(0)
        #expect(queue.batches.isEmpty)
        #expect(queue.batcher.nextTimer == 1_100)
        queue.wait(60)
        queue.arrive(1)
        #expect(queue.batcher.nextTimer == 1_100)
        queue.wait(39)
        #expect(queue.batches.isEmpty)
        queue.wait(1)
        #expect(queue.batches == [[0, 1]])
        #expect(queue.closings == [.delay])
        #expect(queue.batcher.nextTimer == nil)
    }

    @Test("No timer runs for a delay while no instance is free")
    func asksForNoTimerWhenBusy() {
        var queue = BatcherHarness(instances: 0) { $0.maximumDelay = .nanoseconds(100) }
        queue.arrive(0)
        #expect(queue.batcher.nextTimer == nil)
        queue.wait(150)
        queue.free()
        #expect(queue.batches == [[0]])
        #expect(queue.closings == [.delay])
    }

    @Test("A full batch does not wait for the delay")
    func sendsFullBatches() {
        var queue = BatcherHarness(maximumSize: 2) { $0.maximumDelay = .seconds(1) }
        queue.arrive(0)
        queue.arrive(1)
        #expect(queue.batches == [[0, 1]])
        #expect(queue.closings == [.full])
    }

    @Test("The largest preferred size that is reached is sent, and the rest waits")
    func prefersSizes() {
        var queue = BatcherHarness(maximumSize: 8, instances: 0) {
            $0.preferredSizes = [2, 4]
            $0.maximumDelay = .nanoseconds(100)
        }
        for ticket in 0..<5 { queue.arrive(ticket) }
        queue.free()
        #expect(queue.batches == [[0, 1, 2, 3]])
        #expect(queue.closings == [.preferred])
        queue.free()
        #expect(queue.batches.isEmpty)
        queue.wait(100)
        #expect(queue.batches == [[4]])
        #expect(queue.closings == [.delay])
    }

    @Test("A preferred size is sent as soon as it is reached")
    func sendsPreferredAtOnce() {
        var queue = BatcherHarness {
            $0.preferredSizes = [2]
            $0.maximumDelay = .seconds(1)
        }
        queue.arrive(0)
        #expect(queue.batches.isEmpty)
        queue.arrive(1)
        #expect(queue.batches == [[0, 1]])
        #expect(queue.closings == [.preferred])
    }

    @Test("When the delay is over more than a preferred size may go")
    func sendsMoreWhenLate() {
        var queue = BatcherHarness(instances: 0) {
            $0.preferredSizes = [2]
            $0.maximumDelay = .nanoseconds(100)
        }
        for ticket in 0..<3 { queue.arrive(ticket) }
        queue.wait(100)
        queue.free()
        #expect(queue.batches == [[0, 1, 2]])
    }

    @Test("Requests of other shapes are passed over and keep their turn")
    func separatesShapes() {
        var queue = BatcherHarness(instances: 0)
        for (ticket, shape) in [1, 2, 1, 2].enumerated() { queue.arrive(ticket) { $0.shape = shape } }
        queue.free()
        #expect(queue.batches == [[0, 2]])
        queue.free()
        #expect(queue.batches == [[1, 3]])
    }

    @Test("Where order is kept another shape closes the batch, without waiting")
    func closesAtShapes() {
        var queue = BatcherHarness {
            $0.preservesOrder = true
            $0.maximumDelay = .seconds(1)
        }
        queue.arrive(0) { $0.shape = 1 }
        queue.arrive(1) { $0.shape = 2 }
        #expect(queue.batches == [[0]])
        #expect(queue.closings == [.shape])
    }

    @Test("Higher levels go first, and requests without a level have the default")
    func ordersLevels() {
        var queue = BatcherHarness(maximumSize: 2, instances: 0) {
            $0.priorityLevels = 3
            $0.defaultPriority = 2
        }
        for (ticket, priority) in [3, 0, 1, 9].enumerated() { queue.arrive(ticket) { $0.priority = UInt64(priority) } }
        queue.free()
        #expect(queue.batches == [[2, 1]])
        queue.free()
        #expect(queue.batches == [[3, 0]])
    }

    @Test("Without levels a request's priority means nothing")
    func ignoresPriorities() {
        var queue = BatcherHarness(instances: 0)
        queue.arrive(0) { $0.priority = 5 }
        queue.arrive(1) { $0.priority = 1 }
        queue.free()
        #expect(queue.batches == [[0, 1]])
    }

    @Test("A level that is full refuses, others do not")
    func limitsLevels() {
        var queue = BatcherHarness(instances: 0) {
            $0.priorityLevels = 2
            $0.defaultPriority = 1
            var rules = QueuePolicy()
            rules.maximumSize = 1
            $0.queuePolicies[2] = rules
        }
        queue.arrive(0) { $0.priority = 2 }
        #expect(queue.refusals.isEmpty)
        queue.arrive(1) { $0.priority = 2 }
        #expect(queue.refusals == [.init(ticket: 1, reason: .queueFull)])
        queue.arrive(2) { $0.priority = 1 }
        #expect(queue.refusals.isEmpty)
        queue.free()
        #expect(queue.batches == [[2, 0]])
    }

    @Test("A great many levels leave no trace when they are empty")
    func forgetsLevels() {
        var queue = BatcherHarness {
            $0.priorityLevels = .max
            $0.defaultPriority = 1
        }
        for ticket in 0..<2_000 {
            queue.arrive(0) { $0.priority = UInt64(ticket) * 7 + 1 }
            #expect(queue.batches == [[0]])
            queue.free()
        }
        #expect(queue.batcher.levelCount <= 256)
    }

    @Test("A request is refused when its time in the queue is over, without an instance being free")
    func refusesLateRequests() {
        var queue = BatcherHarness(instances: 0) { $0.queuePolicy.defaultTimeout = .milliseconds(5) }
        queue.arrive(0)
        #expect(queue.batcher.nextTimer == 5_001_000)
        queue.wait(4_999_999)
        #expect(queue.refusals.isEmpty)
        queue.wait(1)
        #expect(queue.refusals == [.init(ticket: 0, reason: .timeout)])
        queue.free()
        #expect(queue.batches.isEmpty)
    }

    @Test("A request may shorten its time and never lengthen it, where that is allowed")
    func overridesTimeouts() {
        var queue = BatcherHarness(instances: 0) {
            $0.queuePolicy.defaultTimeout = .milliseconds(5)
            $0.queuePolicy.allowsTimeoutOverride = true
        }
        queue.arrive(0) { $0.timeout = 2_000_000 }
        queue.arrive(1) { $0.timeout = 9_000_000 }
        queue.wait(2_000_000)
        #expect(queue.refusals.map(\.ticket) == [0])
        queue.wait(3_000_000)
        #expect(queue.refusals.map(\.ticket) == [1])
    }

    @Test("A request's own time means nothing where it is not allowed")
    func ignoresTimeouts() {
        var queue = BatcherHarness(instances: 0)
        queue.arrive(0) { $0.timeout = 1 }
        #expect(queue.batcher.nextTimer == nil)
        queue.wait(1_000_000)
        queue.free()
        #expect(queue.batches == [[0]])
    }

    @Test("Where late requests are delayed they run behind the others of their level")
    func delaysLateRequests() {
        var queue = BatcherHarness(maximumSize: 2, instances: 0) {
            $0.queuePolicy.timeoutAction = .delay
            $0.queuePolicy.defaultTimeout = .milliseconds(1)
        }
        queue.arrive(0)
        queue.arrive(1)
        queue.wait(1_000_000)
        #expect(queue.refusals.isEmpty)
        queue.arrive(2)
        queue.free()
        #expect(queue.batches == [[2, 0]])
        queue.free()
        #expect(queue.batches == [[1]])
        #expect(queue.batcher.nextTimer == nil)
    }

    @Test("A request whose caller has stopped waiting does not run, delayed or not")
    func honoursDeadlines() {
        var queue = BatcherHarness(instances: 0) {
            $0.queuePolicy.timeoutAction = .delay
            $0.queuePolicy.defaultTimeout = .milliseconds(1)
        }
        queue.arrive(0) { $0.deadline = 5_000_000 }
        queue.arrive(1)
        queue.wait(2_000_000)
        #expect(queue.refusals.isEmpty)
        queue.now = 5_000_000
        queue.free()
        #expect(queue.refusals == [.init(ticket: 0, reason: .deadline)])
        #expect(queue.batches == [[1]])
    }

    @Test("A request that comes after its deadline does not run even when an instance is free")
    func refusesPastDeadlines() {
        var queue = BatcherHarness()
        queue.arrive(0) { $0.deadline = 1_000 }
        #expect(queue.refusals == [.init(ticket: 0, reason: .deadline)])
        #expect(queue.batches.isEmpty)
        #expect(queue.batcher.count == 0)
    }

    @Test("A cancelled request leaves the queue, and once only")
    func cancels() {
        var queue = BatcherHarness(instances: 0)
        for ticket in 0..<3 { queue.arrive(ticket) }
        let first = queue.cancel(1)
        #expect(first)
        let again = queue.cancel(1)
        #expect(!again)
        let unknown = queue.cancel(7)
        #expect(!unknown)
        queue.free()
        #expect(queue.batches == [[0, 2]])
        let late = queue.cancel(0)
        #expect(!late)
    }

    @Test("At shutdown what waits for others goes at once")
    func shutsDown() {
        var queue = BatcherHarness(instances: 1) { $0.maximumDelay = .seconds(10) }
        queue.arrive(0)
        #expect(queue.batches.isEmpty)
        queue.shutdown()
        #expect(queue.batches == [[0]])
        #expect(queue.closings == [.shutdown])
    }

    @Test("Several instances that are free each take a batch")
    func usesAllInstances() {
        var queue = BatcherHarness(maximumSize: 2, instances: 0) { $0.maximumDelay = .nanoseconds(10) }
        for ticket in 0..<4 { queue.arrive(ticket) }
        queue.free(0)
        #expect(queue.batches == [[0, 1]])
        queue.free(1)
        #expect(queue.batches == [[2, 3]])
        #expect(queue.instances == [1])
    }
}
