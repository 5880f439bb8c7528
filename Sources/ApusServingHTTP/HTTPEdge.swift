// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing

/// What HTTP endpoints call and what they hold to.
package struct HTTPEdge: Sendable {
    /// The server behind the endpoints.
    package let server: InferenceServer
    /// What this edge shares with the others.
    package let state: EdgeState
    /// What clients may send.
    package let limits: HTTPLimits

    /// Joins a server and its limits.
    package init(server: InferenceServer, state: EdgeState = EdgeState(), limits: HTTPLimits = HTTPLimits()) {
        self.server = server
        self.state = state
        self.limits = limits
    }
}
