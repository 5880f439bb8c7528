// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import Testing

@Suite struct MetricsRegistryTests {
    private static let hits = Metric<Counter>("hits_total", "Hits\nby \\ kind", labels: ["kind", "place"])
    private static let level = Metric<Gauge>("level", "A level", decimals: 3)
    private static let spread = Metric<Histogram>(
        "spread_us", "A spread", labels: ["model"], decimals: 3, bounds: [1_000, 2_500])

    @Test("Families come by name, with help, kind and escaped labels")
    func writesFamilies() {
        let registry = MetricsRegistry()
        registry.instrument(Self.level).set(-1_500)
        registry.instrument(Self.hits, "a\"b", "c\\d\n").add(3)
        let expected = #"""
            # HELP hits_total Hits\nby \\ kind
            # TYPE hits_total counter
            hits_total{kind="a\"b",place="c\\d\n"} 3
            # HELP level A level
            # TYPE level gauge
            level -1.5

            """#
        #expect(registry.exposition() == expected)
    }

    @Test("A histogram's buckets add up, in the exposed unit")
    func writesHistograms() {
        let registry = MetricsRegistry()
        let spread = registry.instrument(Self.spread, "m")
        spread.observe(1_000)
        spread.observe(1_001, count: 2)
        spread.observe(9_000)
        let expected = #"""
            # HELP spread_us A spread
            # TYPE spread_us histogram
            spread_us_bucket{model="m",le="1"} 1
            spread_us_bucket{model="m",le="2.5"} 3
            spread_us_bucket{model="m",le="+Inf"} 4
            spread_us_sum{model="m"} 12.002
            spread_us_count{model="m"} 4

            """#
        #expect(registry.exposition() == expected)
    }

    @Test("The same labels give the same instrument, others another")
    func looksUp() {
        let registry = MetricsRegistry()
        let first = registry.instrument(Self.hits, "a", "b")
        #expect(registry.instrument(Self.hits, "a", "b") === first)
        #expect(registry.instrument(Self.hits, "a", "c") !== first)
    }

    @Test("Removing forgets the series with these labels and no others")
    func removes() {
        let registry = MetricsRegistry()
        registry.instrument(Self.hits, "a", "b").add()
        registry.instrument(Self.hits, "a", "c").add()
        registry.instrument(Self.spread, "a").observe(1)
        registry.remove(where: ["kind": "a", "place": "b"])
        let text = registry.exposition()
        #expect(!text.contains("place=\"b\""))
        #expect(text.contains("place=\"c\""))
        #expect(text.contains("spread_us_count{model=\"a\"} 1"))
    }

    @Test("What is prepared is there in the same exposition")
    func prepares() {
        let registry = MetricsRegistry()
        let level = registry.instrument(Self.level)
        registry.prepare { level.set(2_000) }
        #expect(registry.exposition().hasSuffix("\nlevel 2\n"))
    }

    @Test("Observations from many threads are all counted")
    func countsConcurrently() async {
        let registry = MetricsRegistry()
        let (hits, spread) = (registry.instrument(Self.hits, "a", "b"), registry.instrument(Self.spread, "m"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for value in 0..<1_000 {
                        hits.add()
                        spread.observe(UInt64(value) * 4)
                    }
                }
            }
        }
        #expect(hits.value == 8_000)
        #expect(spread.count == 8_000)
        #expect(spread.counts == [2_008, 3_000, 2_992])
    }
}
