// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

/// What one instance needs for every run, where the rate limiter is on.
package struct ResourceNeed: Sendable, Equatable {
    /// How many of each resource, by name; there is one device, so that global resources are like others.
    package var counts: [String: Int] = [:]
    /// How often it runs where several always want to: one of 2 half as often as one of 1.
    package var priority = 1

    /// Needs nothing.
    package init() {}

    /// The needs of every instance of a configuration, in order; nil for instances that run whenever they like.
    package static func needs(_ message: Inference_ModelConfig) -> [ResourceNeed?] {
        message.instanceGroup.filter { !$0.passive }.flatMap { group -> [ResourceNeed?] in
            guard group.hasRateLimiter else { return [ResourceNeed?](repeating: nil, count: max(0, Int(group.count))) }
            var need = ResourceNeed()
            for resource in group.rateLimiter.resources {
                need.counts[resource.name, default: 0] += Int(resource.count)
            }
            need.priority = Int(max(1, group.rateLimiter.priority))
            return [ResourceNeed?](repeating: need, count: max(0, Int(group.count)))
        }
    }
}
