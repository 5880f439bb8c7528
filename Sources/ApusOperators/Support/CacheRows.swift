// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Which places of a sequence each item of a batch has behind it, and which it adds to its cache in this step.
struct CacheRows {
    /// The sequence's length after this step, less 1.
    let lengths: [Int]
    /// The most places of any item, the new ones included.
    let total: Int
    /// The places each item has behind it.
    let pasts: [Int]
    private let counts: [Int]

    /// Reads lengths, and how many new places of each item count.
    ///
    /// - Throws: ``ComputeError`` with code `value`.
    init(lengths: [Int], total: Int, counts: [Int]?, batch: Int, length: Int) throws(ComputeError) {
        guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 < max(total, 1) }), total >= 0
        else {
            throw .value("key lengths \(lengths) do not fit \(batch) items of at most \(total)")
        }
        self.lengths = lengths
        self.total = total
        if let counts {
            guard counts.count == batch,
                zip(counts, lengths).allSatisfy({ $0 >= 0 && $0 <= min(length, $1 + 1) })
            else { throw .value("\(counts) of \(length) new places count at key lengths \(lengths)") }
            self.counts = counts
            pasts = zip(lengths, counts).map { $0 + 1 - $1 }
        } else {
            self.counts = [Int](repeating: length, count: batch)
            pasts = lengths.map { total == length ? 0 : max($0 + 1 - length, 0) }
        }
    }

    /// Refuses a past that is too short for what should be there.
    func checkRoom(_ past: Tensor?, _ new: HeadStack) throws(ComputeError) {
        let room = past.map { $0.shape.rank == 4 ? $0.shape[2] : 0 } ?? 0
        guard total <= room + new.length else {
            throw .value("\(total) places are more than a past of \(room) and \(new.length) new ones")
        }
    }

    /// The first places of each item's past, so many of them, then what is new.
    ///
    /// The result has room for the past, for the least number and for the most that comes together.
    func joined(
        _ new: HeadStack, _ past: Tensor?, _ kept: [Int], least: Int? = nil
    ) throws(ComputeError) -> HeadStack {
        var room = 0
        if let past {
            guard past.shape.rank == 4, past.shape[0] == new.batch, past.shape[1] == new.heads,
                past.shape[3] == new.features
            else { throw .shape("the past \(past) does not go with \(new.shape)") }
            room = past.shape[2]
        }
        guard kept.allSatisfy({ $0 <= room }) else {
            throw .value("the past of \(room) places has not the \(kept) places it should")
        }
        guard counts.allSatisfy({ $0 <= new.length }) else {
            throw .shape("\(new.shape) has not the \(counts) new places that count")
        }
        let needed = zip(kept, counts).map { $0 + $1 }.max() ?? 0
        let length = least.map { max(room, $0) } ?? needed
        guard needed <= length else { throw .value("\(needed) places do not go into \(length)") }
        let older = try past?.array(of: Float.self) ?? []
        let count = try Shape(new.batch, new.heads, length, new.features).checkedElementCount()
        guard count <= 1 << 34 else { throw .limit("a cache of \(count) numbers") }
        var values = [Float](repeating: 0, count: count)
        for item in 0..<new.batch {
            for head in 0..<new.heads {
                let row = item * new.heads + head
                let target = row * length * new.features
                let oldStart = row * room * new.features
                for index in 0..<kept[item] * new.features {
                    values[target + index] = older[oldStart + index]
                }
                let start = target + kept[item] * new.features
                for index in 0..<counts[item] * new.features {
                    values[start + index] = new.values[new.start(item, head) + index]
                }
            }
        }
        return HeadStack(
            batch: new.batch, heads: new.heads, length: length, features: new.features, values: values)
    }

    /// How many of the latest places a cache that slides holds before and after this step.
    ///
    /// - Throws: ``ComputeError`` with code `value` when the window is larger than the cache.
    func residents(capacity: Int, window: Int) throws(ComputeError) -> [(before: Int, after: Int)] {
        guard capacity >= window, window > 0 else {
            throw .value("a window of \(window) over a cache of \(capacity) places")
        }
        let step = capacity - window + 1
        func count(_ total: Int) -> Int {
            total <= capacity ? total : total - (total - capacity + step - 1) / step * step
        }
        return pasts.indices.map { (count(pasts[$0]), count(pasts[$0] + counts[$0])) }
    }

    /// The latest places of each item in a cache of its own size.
    func latest(_ stack: HeadStack, _ starts: [Int], _ kept: [Int], _ capacity: Int) -> HeadStack {
        let features = stack.features
        var values = [Float](repeating: 0, count: stack.batch * stack.heads * capacity * features)
        for item in 0..<stack.batch {
            let first = pasts[item] + counts[item] - kept[item] - starts[item]
            for head in 0..<stack.heads {
                let source = stack.start(item, head) + first * features
                let target = (item * stack.heads + head) * capacity * features
                for index in 0..<kept[item] * features {
                    values[target + index] = stack.values[source + index]
                }
            }
        }
        return HeadStack(
            batch: stack.batch, heads: stack.heads, length: capacity, features: features, values: values)
    }
}
