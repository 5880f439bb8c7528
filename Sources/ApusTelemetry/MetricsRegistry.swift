// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// All metrics of a process; instruments are looked up once and then observed without a lock.
package final class MetricsRegistry: Sendable {
    private struct Series {
        var values: [String]
        var labels: String
        var instrument: any Instrument
    }

    private struct Family {
        var help: String
        var kind: String
        var labels: [String]
        var decimals: Int
        var series: [Series] = []
    }

    private struct Contents {
        var families: [String: Family] = [:]
        var preparations: [@Sendable () -> Void] = []
    }

    private let contents = Lock(Contents())

    /// Makes a registry without series.
    package init() {}

    /// The instrument of a metric for the given values of its labels, made when it is first asked for.
    ///
    /// Two metrics of one name must be the same metric, and the values must be as many as the labels.
    package func instrument<Kind: Instrument>(_ metric: Metric<Kind>, _ values: String...) -> Kind {
        precondition(values.count == metric.labels.count, "\(metric.name) has the labels \(metric.labels)")
        return contents.withLock { contents in
            var family =
                contents.families[metric.name]
                ?? Family(help: metric.help, kind: Kind.kind, labels: metric.labels, decimals: metric.decimals)
            if let known = family.series.first(where: { $0.values == values })?.instrument as? Kind { return known }
            let made = Kind(bounds: metric.bounds)
            let labels = ExpositionText.labels(metric.labels, values)
            family.series.append(Series(values: values, labels: labels, instrument: made))
            contents.families[metric.name] = family
            return made
        }
    }

    /// Forgets every series whose labels have the given values.
    package func remove(where labels: [String: String]) {
        contents.withLock { contents in
            for (name, family) in contents.families {
                let places = labels.compactMap { label, value in
                    family.labels.firstIndex(of: label).map { ($0, value) }
                }
                guard places.count == labels.count else { continue }
                contents.families[name]?.series.removeAll { series in
                    places.allSatisfy { series.values[$0.0] == $0.1 }
                }
            }
        }
    }

    /// Adds something to be done before every exposition, such as reading how much memory is in use.
    package func prepare(_ body: @escaping @Sendable () -> Void) {
        contents.withLock { $0.preparations.append(body) }
    }

    /// Everything in Prometheus' text form, by name.
    package func exposition() -> String {
        for body in contents.withLock({ $0.preparations }) { body() }
        let families = contents.withLock { $0.families }
        var text = ExpositionText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.header(name, family.help, family.kind, decimals: family.decimals)
            for series in family.series {
                series.instrument.write(to: &text, name: name, labels: series.labels)
            }
        }
        return text.text
    }
}
