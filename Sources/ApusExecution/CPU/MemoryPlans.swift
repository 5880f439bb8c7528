// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The memory plans of a plan whose sizes depend on its inputs, made when they are first needed and shared by sessions.
final class MemoryPlans: Sendable {
    private struct State {
        var plans: [[String: Int]: MemoryPlan] = [:]
        /// The sizes that have a plan, the latest asked for last.
        var order: [[String: Int]] = []
    }

    private let lifetimes: Lifetimes
    private let state = Mutex(State())

    /// More plans are not kept; the one that was not asked for the longest goes first.
    static let limit = 32

    init(_ lifetimes: Lifetimes) { self.lifetimes = lifetimes }

    /// How many plans are kept.
    var count: Int { state.withLock { $0.plans.count } }

    /// The plan for named sizes.
    func plan(for sizes: [String: Int]) -> MemoryPlan {
        let known = state.withLock { state in
            if let place = state.order.firstIndex(of: sizes) { state.order.append(state.order.remove(at: place)) }
            return state.plans[sizes]
        }
        if let known { return known }
        let plan = lifetimes.plan(for: sizes)
        state.withLock { state in
            guard state.plans.updateValue(plan, forKey: sizes) == nil else { return }
            state.order.append(sizes)
            if state.order.count > Self.limit { state.plans[state.order.removeFirst()] = nil }
        }
        return plan
    }
}
