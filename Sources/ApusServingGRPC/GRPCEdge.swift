// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing

/// What a client may send over gRPC.
package struct GRPCLimits: Sendable {
    /// The most bytes of a message.
    package var messageBytes = 1 << 30
    /// The most requests of one stream that are run at one time.
    package var requestsPerStream = 128
    /// How long the message of a request may stand still, and how long a small one may take.
    package var bodyTime: Duration = .seconds(20)
    /// The bytes that a larger message has to bring in each second besides, on the average.
    package var bodyBytesPerSecond = 1024

    /// Makes the defaults.
    package init() {}
}

/// What gRPC services call and what they hold to.
package struct GRPCEdge: Sendable {
    /// The server behind the services.
    package let server: InferenceServer
    /// What this edge shares with the others.
    package let state: EdgeState
    /// What clients may send.
    package var limits: GRPCLimits
    /// Joins a server and its limits.
    package init(
        server: InferenceServer, state: EdgeState = EdgeState(), limits: GRPCLimits = GRPCLimits()
    ) {
        self.server = server
        self.state = state
        self.limits = limits
    }
}
