// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What one HTTP client may send, and how slowly.
package struct HTTPLimits: Sendable {
    /// The most bytes of a body.
    package var bodyBytes = 1 << 30
    /// The most bytes of a body's JSON.
    package var jsonBytes = 64 << 20
    /// The most bytes that a compressed body may unpack to.
    package var unpackedBytes = 64 << 20
    /// How long a new connection may take to send the head of its first request.
    package var headTime: Duration = .seconds(10)
    /// How long a connection may lie idle between requests.
    package var idleTime: Duration = .seconds(120)
    /// How long a body may stand still, and how long a small one may take.
    package var bodyTime: Duration = .seconds(20)
    /// The bytes that a larger body has to bring in each second besides, on the average.
    package var bodyBytesPerSecond = 1024
    /// How long a client may leave an answer unread.
    package var writeTime: Duration = .seconds(30)

    /// Makes the defaults.
    package init() {}
}
