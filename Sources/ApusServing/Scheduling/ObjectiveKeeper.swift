// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Learns what batches of each size take, and says how large they may be and how long they may be gathered for an
/// objective to hold: a pure state machine.
///
/// Whoever arrives just after a batch began waits for all of it and then for its own, so that a batch may take half of
/// the objective. Batches are gathered longer than until an instance is free only when those of the size at hand could
/// not keep up with the requests that come.
package struct ObjectiveKeeper {
    /// The time that batches of one size take.
    private struct Cost {
        var mean: Double
        var variance = 0.0
        var count = 1
    }

    /// The instances that run batches.
    package var instances = 1
    private let limit: Double
    private let quantile: Double
    /// How many standard deviations above the mean the quantile lies.
    private let spread: Double
    /// What is known of each size, at its place.
    private var costs: [Cost?] = []
    private var largestKnown = 0
    /// The part of the objective that is planned with: less when more requests than may be are late.
    package private(set) var margin = 1.0
    private var seen = 0
    private var late = 0
    private var lastArrival: Int64?
    /// The average time between two rows.
    private var interval = Double.infinity

    /// How often gathering brought about what was hoped for.
    private var fruit = 1.0
    /// The batches to come that are not gathered for longer.
    private var rest = 0

    /// The part of the time that instances may be busy without requests piling up.
    private static let fullLoad = 0.8
    private static let window = 200
    private static let restingBatches = 100
    /// Larger batches are not told apart.
    private static let mostRows = 65_536

    /// Makes a keeper that knows nothing yet.
    package init(_ objective: LatencyObjective) {
        limit = Double(objective.limit.wholeNanoseconds)
        quantile = objective.quantile
        let steps: [(Double, Double)] = [(0.5, 0), (0.9, 1.28), (0.95, 1.64), (0.99, 2.33), (0.999, 3.09)]
        spread = steps.first { $0.0 >= objective.quantile }?.1 ?? 3.72
    }

    // MARK: - Learning

    /// A batch of so many rows has run.
    package mutating func learn(size: Int, nanoseconds: Int64) {
        guard (1...Self.mostRows).contains(size) else { return }
        let time = Double(max(0, nanoseconds))
        largestKnown = max(largestKnown, size)
        while costs.count <= size { costs.append(nil) }
        guard var cost = costs[size] else {
            costs[size] = Cost(mean: time)
            return
        }
        // An average at first, and then one that forgets.
        cost.count += 1
        let weight = max(1 / Double(cost.count), 0.1)
        let difference = time - cost.mean
        cost.mean += weight * difference
        cost.variance = (1 - weight) * (cost.variance + weight * difference * difference)
        costs[size] = cost
    }

    /// Rows came.
    package mutating func noteArrival(rows: Int, now: Int64) {
        defer { lastArrival = now }
        guard let lastArrival, rows > 0 else { return }
        let each = Double(max(0, now - lastArrival)) / Double(rows)
        interval = interval.isFinite ? interval + 0.1 * (each - interval) : each
    }

    /// A request was answered after so long.
    ///
    /// Where more requests come than can be served, smaller batches would serve fewer still.
    package mutating func noteLatency(_ nanoseconds: Int64) {
        seen += 1
        if Double(nanoseconds) > limit { late += 1 }
        guard seen >= Self.window else { return }
        let part = Double(late) / Double(seen)
        if part > 1 - quantile, keepsUp(largestSize(upTo: largestKnown)) {
            margin = max(0.5, margin * 0.85)
        } else if part > 1 - quantile || part <= (1 - quantile) / 2 {
            margin = min(1, margin * 1.05)
        }
        (seen, late) = (0, 0)
    }

    // MARK: - Deciding

    /// What a batch is thought to take, at the quantile, in nanoseconds; nil while nothing is known.
    package func cost(of size: Int) -> Double? {
        if let known = known(size) { return known }
        // A batch takes no longer for each row than the next smaller one, and in all no longer than a larger one.
        var (below, above) = (min(size, costs.count) - 1, max(size, 0) + 1)
        while below > 0, known(below) == nil { below -= 1 }
        while above < costs.count, known(above) == nil { above += 1 }
        let scaled = below > 0 ? known(below).map { $0 * Double(size) / Double(below) } : nil
        guard let larger = known(above) else { return scaled }
        return min(scaled ?? larger, larger)
    }

    private func known(_ size: Int) -> Double? {
        guard costs.indices.contains(size), let cost = costs[size] else { return nil }
        return cost.mean + spread * cost.variance.squareRoot()
    }

    /// The most rows of a batch: what half of the objective allows, and for a start twice what was tried before.
    package func largestSize(upTo maximum: Int) -> Int {
        guard largestKnown > 0 else { return maximum }
        let most = min(maximum, largestKnown > maximum / 2 ? maximum : largestKnown * 2)
        var (low, high) = (1, most)
        while low < high {
            let middle = (low + high + 1) / 2
            if cost(of: middle) ?? 0 <= limit * margin / 2 { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Until when, and for how many rows, a batch is to be gathered whose oldest request came at the given time; nil:
    /// it is to be sent now.
    package func due(size: Int, oldest: Int64, now: Int64, upTo largest: Int) -> (time: Int64, rows: Int)? {
        guard size < largest, interval.isFinite, rest == 0, !keepsUp(size) else { return nil }
        var target = size + 1
        while target < largest, !keepsUp(target) { target += 1 }
        guard let cost = cost(of: target) else { return nil }
        let latest = Double(oldest) + min(limit * margin - cost, limit * margin / 2)
        // What does not come in twice the usual time will not come.
        let usual = Double(now) + 2 * interval * Double(target - size)
        let due = Int64(min(latest, usual, 9e18))
        return due > now ? (due, target) : nil
    }

    /// A batch was sent; nil, or after it was gathered longer: how many rows came meanwhile and were hoped for.
    ///
    /// Clients that wait for answers before they ask again send nothing in the meantime: where gathering brings too
    /// little, it rests for a while.
    package mutating func noteBatch(_ gathered: (came: Int, hoped: Int)?) {
        rest = max(0, rest - 1)
        guard let gathered else { return }
        fruit += 0.25 * ((gathered.came * 2 >= gathered.hoped ? 1 : 0) - fruit)
        guard fruit < 0.5 else { return }
        (fruit, rest) = (0.6, Self.restingBatches)
    }

    /// Whether batches of a size are done as fast as rows come.
    private func keepsUp(_ size: Int) -> Bool {
        guard let cost = cost(of: size) else { return true }
        return cost / Double(size) <= interval * Double(max(1, instances)) * Self.fullLoad
    }
}
