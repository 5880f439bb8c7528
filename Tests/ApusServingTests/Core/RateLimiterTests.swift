// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTelemetry
import Testing

@Suite(.timeLimit(.minutes(2))) struct RateLimiterTests {
    @Test("Clients run while there is enough of everything they need, and wait otherwise")
    func counts() throws {
        var limiter = RateLimiter(limits: ["A": 3])
        let (one, two, three) = (
            try limiter.add(needs: ["A": 2], priority: 1), try limiter.add(needs: ["A": 1, "B": 4], priority: 1),
            try limiter.add(needs: ["B": 2], priority: 1)
        )
        #expect(limiter.limit(of: "B") == 4)
        var granted = limiter.request(one)
        #expect(granted == [one])
        granted = limiter.request(two)
        #expect(granted == [two])
        granted = limiter.request(three)
        #expect(granted.isEmpty)
        #expect(limiter.usedCount(of: "B") == 4)
        granted = limiter.finish(two)
        #expect(granted == [three])
        granted = limiter.finish(three)
        #expect(granted.isEmpty)
        granted = limiter.finish(one)
        #expect(granted.isEmpty)
        #expect(limiter.usedCount(of: "A") == 0 && limiter.usedCount(of: "B") == 0)
    }

    @Test("A need that can never be met is refused with both numbers")
    func refuses() {
        var limiter = RateLimiter(limits: ["A": 3])
        let error = #expect(throws: RateLimiter.Refusal.self) { try limiter.add(needs: ["A": 4], priority: 1) }
        #expect(error == RateLimiter.Refusal(resource: "A", needed: 4, limit: 3))
    }

    @Test("Those of priority 2 run half as often as those of priority 1, and a newcomer does not make up for the past")
    func priorities() throws {
        var limiter = RateLimiter(limits: ["A": 1])
        var often: [Int] = []
        var seldom: [Int] = []
        for _ in 0..<4 {
            often.append(try limiter.add(needs: ["A": 1], priority: 1))
            seldom.append(try limiter.add(needs: ["A": 1], priority: 2))
        }
        var counts: [Int: Int] = [:]
        func runs(_ count: Int, _ clients: [Int]) {
            var running = clients.flatMap { limiter.request($0) }
            for _ in 0..<count {
                let client = running.removeFirst()
                counts[client, default: 0] += 1
                running += limiter.finish(client) + limiter.request(client)
            }
        }
        runs(600, often + seldom)
        let (most, fewest) = (often.map { counts[$0] ?? 0 }, seldom.map { counts[$0] ?? 0 })
        #expect(most.allSatisfy { (90...110).contains($0) }, "\(most)")
        #expect(fewest.allSatisfy { (40...60).contains($0) }, "\(fewest)")
    }

    @Test("A newcomer does not make up for the time before it came")
    func newcomer() throws {
        var limiter = RateLimiter(limits: ["A": 1])
        let (one, two) = (try limiter.add(needs: ["A": 1], priority: 1), try limiter.add(needs: ["A": 1], priority: 1))
        for _ in 0..<100 {
            _ = limiter.request(one)
            _ = limiter.finish(one)
        }
        let newcomer = try limiter.add(needs: ["A": 1], priority: 1)
        _ = limiter.request(one)
        var granted = limiter.request(two) + limiter.request(newcomer)
        #expect(granted.isEmpty)
        granted = limiter.finish(one)
        #expect(granted == [two])
        _ = limiter.request(one)
        granted = limiter.finish(two)
        #expect(granted == [newcomer])
        _ = limiter.request(two)
        granted = limiter.finish(newcomer)
        #expect(granted == [one])
    }

    @Test("One that needs much is not starved by others that need little of the same, and others pass it")
    func fairness() throws {
        var limiter = RateLimiter(limits: ["A": 2, "B": 1])
        let small = try limiter.add(needs: ["A": 1], priority: 1)
        let large = try limiter.add(needs: ["A": 2], priority: 1)
        let other = try limiter.add(needs: ["A": 1], priority: 1)
        let apart = try limiter.add(needs: ["B": 1], priority: 9)
        var granted = limiter.request(small)
        #expect(granted == [small])
        granted = limiter.request(large)
        #expect(granted.isEmpty)
        granted = limiter.request(other)
        #expect(granted.isEmpty, "it would keep the large one waiting")
        granted = limiter.request(apart)
        #expect(granted == [apart])
        granted = limiter.finish(small)
        #expect(granted == [large])
        granted = limiter.finish(large)
        #expect(granted == [other])
        // A client that goes gives back what it had.
        granted = limiter.request(large)
        #expect(granted.isEmpty)
        granted = limiter.remove(other)
        #expect(granted == [large])
    }

    @Test("Two models that share one resource never run at the same time, and wait for nothing without a limit")
    func runsApart() async throws {
        for isLimited in [true, false] {
            let small = SmallServer { $0.rateLimits = isLimited ? ["memory": 1] : nil }
            let (one, two) = (GatedPlan(), GatedPlan())
            for (name, plan) in [("one", one), ("two", two)] {
                try small.load(name, plan) {
                    var need = ResourceNeed()
                    need.counts = ["memory": 1]
                    $0.needs = [need]
                }
            }
            let first = Task { try await small.server.infer(SmallServer.request("one", 1)) }
            for await _ in one.runs.prefix(1) {}
            let second = Task { try await small.server.infer(SmallServer.request("two", 2)) }
            if !isLimited {
                for await _ in two.runs.prefix(1) {}
                two.letOneGo()
                _ = try await second.value
            }
            one.letOneGo()
            _ = try await first.value
            if isLimited {
                for await _ in two.runs.prefix(1) {}
                two.letOneGo()
                _ = try await second.value
            }
            let load = {
                try small.load("greedy", .doubling) {
                    var need = ResourceNeed()
                    need.counts = ["memory": 2]
                    $0.needs = [need]
                }
            }
            guard isLimited else {
                try load()
                continue
            }
            let refusal = #expect(throws: ServingError.self) { try load() }
            #expect(refusal?.message.contains("raise --rate-limit-resource memory:2") ?? false)
        }
    }
}
