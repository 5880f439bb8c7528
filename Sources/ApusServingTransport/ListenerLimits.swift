// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What clients of a listener may do.
package struct ListenerLimits: Sendable {
    /// The most connections at one time; more wait in the system's queue.
    package var connections = 4096
    /// The most connections at one time from one address, beyond which they are closed at once; nil: no limit.
    package var connectionsPerPeer: Int?
    /// How long a new connection may take to show what it speaks.
    package var headTime: Duration = .seconds(10)
    /// How long a connection of HTTP/2 may lie idle.
    package var idleTime: Duration = .seconds(600)
    /// How long a connection of HTTP/2 may leave unread what was sent to it.
    package var writeTime: Duration = .seconds(30)
    /// The most streams of a connection of HTTP/2 at one time.
    package var streams = 1024

    /// Makes the defaults.
    package init() {}
}
