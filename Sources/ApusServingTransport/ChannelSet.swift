// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import NIOCore

/// The connections that are open.
final class ChannelSet: Sendable {
    private let channels = Lock<[ObjectIdentifier: any Channel]>([:])

    /// Adds a connection, which leaves when it closes.
    func insert(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            channels.withLock { $0[ObjectIdentifier(channel)] = nil }
        }
    }

    /// Closes all that are open.
    func closeAll() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
