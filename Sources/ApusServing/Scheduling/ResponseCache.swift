// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
package import ApusTensors

/// Outputs of requests that are kept for equal ones, under a budget of bytes; the least recently used go first.
package final class ResponseCache: Sendable {
    /// What a response depends on.
    package struct Key: Hashable, Sendable {
        /// The version, distinct from every other that was ever loaded.
        package var version: UInt64
        /// The inputs in the order of the model.
        package var inputs: [CachedTensor?]

        /// The bytes the key takes.
        package var byteCount: Int { inputs.reduce(0) { $0 + ($1?.byteCount ?? 0) } }

        /// Names a version and the inputs of a request; nil for inputs that were left out.
        package init(version: UInt64, inputs: [CachedTensor?]) {
            self.version = version
            self.inputs = inputs
        }
    }

    private struct Entry {
        var key: Key
        var outputs: [Datum]
        var byteCount: Int
        var expiry: Int64
        var older: Int?
        var newer: Int?
    }

    private struct State {
        var places: [Key: Int] = [:]
        var entries: [Entry?] = []
        var free: [Int] = []
        var oldest: Int?
        var newest: Int?
        var byteCount = 0
    }

    private let state = Lock(State())
    private let limitBytes: Int
    private let lifetime: Int64

    /// Makes a cache without responses.
    package init(limitBytes: Int, lifetime: Duration) {
        self.limitBytes = limitBytes
        self.lifetime = lifetime.wholeNanoseconds
    }

    /// The bytes that are kept.
    package var byteCount: Int { state.withLock { $0.byteCount } }

    /// The outputs kept for a request, unless their time is over.
    package func outputs(_ key: Key, now: Int64) -> [Datum]? {
        state.withLock { state in
            guard let place = state.places[key], let entry = state.entries[place] else { return nil }
            guard entry.expiry > now else {
                Self.remove(place, from: &state)
                return nil
            }
            Self.unlink(place, in: &state)
            Self.linkNewest(place, in: &state)
            return entry.outputs
        }
    }

    /// Keeps copies of the outputs of a request, where they fit the budget.
    package func keep(_ outputs: [Datum], for key: Key, now: Int64) {
        guard key.byteCount <= limitBytes else { return }
        var copies: [Datum] = []
        var byteCount = key.byteCount + Self.overhead
        for datum in outputs {
            guard case .tensor(let tensor) = datum, let copy = CachedTensor(copying: tensor) else { return }
            byteCount += copy.byteCount
            guard byteCount <= limitBytes else { return }
            copies.append(.tensor(copy.tensor))
        }
        var own = key
        for position in key.inputs.indices {
            guard let input = key.inputs[position] else { continue }
            guard let copy = CachedTensor(copying: input.tensor) else { return }
            own.inputs[position] = copy
        }
        let entry = Entry(
            key: own, outputs: copies, byteCount: byteCount, expiry: lifetime > .max - now ? .max : now + lifetime)
        state.withLock { state in
            if let place = state.places[key] { Self.remove(place, from: &state) }
            while state.byteCount + byteCount > limitBytes, let oldest = state.oldest {
                Self.remove(oldest, from: &state)
            }
            let place = state.free.popLast() ?? state.entries.count
            if place == state.entries.count { state.entries.append(entry) } else { state.entries[place] = entry }
            state.places[key] = place
            state.byteCount += byteCount
            Self.linkNewest(place, in: &state)
        }
    }

    /// What an entry takes besides its elements, about.
    private static let overhead = 512

    private static func remove(_ place: Int, from state: inout State) {
        guard let entry = state.entries[place] else { return }
        unlink(place, in: &state)
        state.places[entry.key] = nil
        state.entries[place] = nil
        state.free.append(place)
        state.byteCount -= entry.byteCount
    }

    private static func unlink(_ place: Int, in state: inout State) {
        let (older, newer) = (state.entries[place]?.older, state.entries[place]?.newer)
        if let older { state.entries[older]?.newer = newer } else { state.oldest = newer }
        if let newer { state.entries[newer]?.older = older } else { state.newest = older }
    }

    private static func linkNewest(_ place: Int, in state: inout State) {
        state.entries[place]?.older = state.newest
        state.entries[place]?.newer = nil
        if let newest = state.newest { state.entries[newest]?.newer = place } else { state.oldest = place }
        state.newest = place
    }
}
