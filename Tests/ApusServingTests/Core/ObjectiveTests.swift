// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import Testing

@Suite struct ObjectiveTests {
    @Test(
        "Objectives are a part and a time",
        arguments: [
            ("p99 20ms", LatencyObjective(quantile: 0.99, limit: .milliseconds(20))),
            ("p50 800us", LatencyObjective(quantile: 0.5, limit: .microseconds(800))),
            ("1.5s", LatencyObjective(quantile: 0.99, limit: .milliseconds(1500))),
            ("p99 20", nil), ("p0 20ms", nil), ("p100 20ms", nil), ("q99 20ms", nil), ("", nil), ("p99 -3ms", nil),
            ("p99 1e9s", nil), ("p99 20ms now", nil), ("nan ms", nil),
        ])
    func reads(_ text: String, _ expected: LatencyObjective?) {
        #expect(LatencyObjective(text) == expected)
    }

    @Test("What batches of a size take is learnt, and thought of others with care")
    func learns() throws {
        var keeper = ObjectiveKeeper(LatencyObjective(quantile: 0.99, limit: .milliseconds(20)))
        #expect(keeper.cost(of: 1) == nil)
        #expect(keeper.largestSize(upTo: 64) == 64)
        for _ in 0..<50 { keeper.learn(size: 4, nanoseconds: 2_000_000) }
        #expect(keeper.cost(of: 4) == 2_000_000)
        #expect(keeper.cost(of: 8) == 4_000_000)
        #expect(keeper.cost(of: 2) == 2_000_000)
        // Half of 20 ms would allow 20 rows, but no more than 8 at first.
        #expect(keeper.largestSize(upTo: 64) == 8)
        for _ in 0..<50 { keeper.learn(size: 8, nanoseconds: 9_000_000) }
        #expect(keeper.largestSize(upTo: 64) == 8)
        for time in [6_000_000, 14_000_000] as [Int64] {
            for _ in 0..<5 { keeper.learn(size: 8, nanoseconds: time) }
        }
        #expect(keeper.cost(of: 8) ?? 0 > 10_000_000, "what varies counts as more than its average")
        #expect(keeper.largestSize(upTo: 64) == 7)
    }

    @Test("When more are late than may be, less of the objective is planned with, and later more again")
    func feedback() {
        var keeper = ObjectiveKeeper(LatencyObjective(quantile: 0.99, limit: .milliseconds(20)))
        for _ in 0..<400 { keeper.noteLatency(30_000_000) }
        #expect(keeper.margin < 0.8)
        for _ in 0..<4000 { keeper.noteLatency(1_000_000) }
        #expect(keeper.margin == 1)
    }

    /// Requests that come at even times at one instance whose batches take `fixed` and `each` for a row.
    private struct Simulation {
        var harness: BatcherHarness
        var latencies: [Int64] = []
        var sizes: [Int] = []
        var closings: Set<Batcher.Closing> = []
        private let fixed: Int64
        private let each: Int64
        private var arrived: [Int: Int64] = [:]
        private var free: [Int] = Array((0..<4000).reversed())
        private var running: (tickets: [Int], end: Int64)?

        init(fixed: Int64, each: Int64, _ change: (inout BatchPolicy) -> Void) {
            (self.fixed, self.each) = (fixed, each)
            harness = BatcherHarness(maximumSize: 64, change)
        }

        mutating func run(interval: Int64, count: Int) {
            var next = harness.now + interval
            var left = count
            while left > 0 || running != nil || !arrived.isEmpty {
                let timer = harness.batcher.nextTimer ?? .max
                let time = max(harness.now, min(left > 0 ? next : .max, running?.end ?? .max, timer))
                if let end = running?.end, end == time {
                    advance(to: time)
                    finish()
                } else if left > 0, next == time {
                    advance(to: time)
                    guard let ticket = free.popLast() else { break }
                    arrived[ticket] = time
                    harness.arrive(ticket)
                    note()
                    left -= 1
                    next += interval
                } else {
                    advance(to: time)
                }
            }
        }

        private mutating func advance(to time: Int64) {
            guard time > harness.now || harness.batcher.nextTimer ?? .max <= time else { return }
            harness.wait(time - harness.now)
            note()
        }

        private mutating func note() {
            guard let tickets = harness.batches.first else { return }
            sizes.append(tickets.count)
            closings.formUnion(harness.closings)
            running = (tickets, harness.now + fixed + each * Int64(tickets.count))
        }

        private mutating func finish() {
            guard let (tickets, _) = running else { return }
            running = nil
            harness.batcher.learn(size: tickets.count, nanoseconds: fixed + each * Int64(tickets.count))
            for ticket in tickets {
                let latency = harness.now - (arrived.removeValue(forKey: ticket) ?? 0)
                latencies.append(latency)
                harness.batcher.noteLatency(latency)
                free.append(ticket)
            }
            harness.free()
            note()
        }

        /// The latency that a part of the last half of requests stay below.
        func quantile(_ part: Double) -> Int64 {
            let last = latencies.suffix(latencies.count / 2).sorted()
            return last.isEmpty ? 0 : last[min(last.count - 1, Int(Double(last.count) * part))]
        }
    }

    private static func objective(_ policy: inout BatchPolicy) {
        policy.objective = LatencyObjective(quantile: 0.99, limit: .milliseconds(20))
    }

    @Test(
        "The objective holds from a light load to nine tenths of what it allows, without another knob",
        arguments: [10_000_000, 2_000_000, 1_000_000, 500_000, 400_000] as [Int64])
    func holds(interval: Int64) {
        // 2 ms and 0.25 ms for each row: half of 20 ms allows 32 rows, and so 3,200 rows a second.
        var simulation = Simulation(fixed: 2_000_000, each: 250_000, Self.objective)
        simulation.run(interval: interval, count: 3000)
        #expect(simulation.latencies.count == 3000)
        #expect(simulation.quantile(0.99) <= 20_000_000)
    }

    @Test("Clients that wait for answers before they ask again are not waited for")
    func closedLoop() {
        var harness = BatcherHarness(maximumSize: 64, Self.objective)
        var running: (tickets: [Int], end: Int64)?
        var answered = 0
        func note() {
            guard let tickets = harness.batches.first else { return }
            running = (tickets, harness.now + 2_000_000 + 1_000_000 * Int64(tickets.count))
        }
        for ticket in 0..<8 {
            harness.arrive(ticket)
            note()
        }
        let end = harness.now + 10_000_000_000
        while harness.now < end {
            let time = min(running?.end ?? .max, harness.batcher.nextTimer ?? .max)
            harness.wait(time - harness.now)
            note()
            guard let (tickets, finish) = running, finish <= harness.now else { continue }
            running = nil
            answered += tickets.count
            harness.batcher.learn(size: tickets.count, nanoseconds: 2_000_000 + 1_000_000 * Int64(tickets.count))
            harness.free()
            note()
            for ticket in tickets {
                harness.wait(10_000)
                note()
                harness.arrive(ticket)
                note()
            }
        }
        // Eight of them in 10 ms each time, but for some milliseconds between the first and the others: 700 a second.
        #expect(answered > 5_500)
    }

    @Test("A light load waits for nothing")
    func lightLoad() {
        var simulation = Simulation(fixed: 2_000_000, each: 250_000, Self.objective)
        simulation.run(interval: 20_000_000, count: 300)
        #expect(simulation.quantile(1) == 2_250_000)
        #expect(simulation.closings == [.immediate])
    }

    @Test("Batches stay as small as the objective wants them where many requests wait")
    func capsBatches() {
        var simulation = Simulation(fixed: 1_000_000, each: 1_000_000, Self.objective)
        simulation.run(interval: 1_250_000, count: 2000)
        #expect(simulation.sizes.dropFirst(20).max() ?? 99 <= 9)
        var free = Simulation(fixed: 1_000_000, each: 1_000_000) { _ in }
        free.run(interval: 900_000, count: 2000)
        #expect(free.sizes.max() ?? 0 > 9)
        var busy = Simulation(fixed: 1_000_000, each: 1_000_000, Self.objective)
        busy.run(interval: 900_000, count: 2000)
        #expect(busy.closings.contains(.objective))
        #expect(busy.sizes.dropFirst(20).max() ?? 99 <= 9)
    }

    @Test("An objective that cannot be meant is a mistake with its line")
    func mistakes() throws {
        for (text, expected) in [
            (
                "max_batch_size: 4 dynamic_batching { } parameters { key: \"objective\" "
                    + "value { string_value: \"fast\" } }",
                "the objective 'fast' is no part and time"
            ),
            (
                "max_batch_size: 0 parameters { key: \"objective\" value { string_value: \"p99 20ms\" } }",
                "requests are not batched"
            ),
        ] {
            let document = try ConfigurationReader.read(text: Array(text.utf8), origin: "config.pbtxt")
            let model = SmallServer()
            let signature = try model.signature(.doubling)
            let error = #expect(throws: ConfigurationError.self) {
                try ConfigurationCompletion.complete(document, name: "m", file: "model.onnx", signature: signature)
            }
            #expect(error?.mistakes.contains { $0.description.contains(expected) } ?? false)
        }
    }
}
