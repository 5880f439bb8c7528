// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What the server allows and how much of the machine it uses.
package struct ServingOptions: Sendable {
    /// The name the server gives itself.
    package var name = "apus"
    /// The version the server gives itself.
    package var version = "0.1.0"
    /// The most requests under way at one time, all models together.
    package var maximumRequests = 4096
    /// The most bytes of inputs under way at one time, all models together.
    package var maximumRequestBytes = 1 << 31
    /// The most requests under way at one time for one version of a model.
    package var maximumRequestsPerModel = 2048
    /// The most bytes of inputs under way at one time for one version of a model.
    package var maximumRequestBytesPerModel = 1 << 30
    /// The threads that compute together, shared by all models; nil: the cores this process may use.
    package var threadCount: Int?
    /// The most bytes of tensors that each model may have alive; nil: no limit.
    package var memoryLimitBytes: Int?
    /// The bytes that responses kept for equal requests may take, all models together; 0: none are kept.
    package var responseCacheBytes = 0
    /// How long a response is kept for equal requests.
    package var responseCacheTime: Duration = .seconds(60)
    /// The objective of models that batch and have none of their own; nil: none.
    package var objective: LatencyObjective?
    /// The resources of the rate limiter by name; nil: it is off, and instances run when they like.
    package var rateLimits: [String: Int]?
    /// How models are kept within a budget of memory; nil: all are loaded and stay.
    package var residency: Residency.Options?

    /// Makes the defaults.
    package init() {}
}
