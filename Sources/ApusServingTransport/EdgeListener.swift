// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOExtras
package import NIOPosix
import ServiceLifecycle

/// A port, or a Unix socket, whose connections speak what they may.
package struct EdgeListener: Sendable {
    private let address: ListenerAddress
    private let protocols: EdgeProtocols
    private let limits: ListenerLimits
    private let group: MultiThreadedEventLoopGroup
    private let onBound: @Sendable (ListenerAddress) async -> Void

    /// Prepares a listener; it listens while it runs.
    ///
    /// `onBound`: Called with the address once connections are taken.
    package init(
        _ address: ListenerAddress, _ protocols: EdgeProtocols, limits: ListenerLimits,
        group: MultiThreadedEventLoopGroup, onBound: @escaping @Sendable (ListenerAddress) async -> Void
    ) {
        self.address = address
        self.protocols = protocols
        self.limits = limits
        self.group = group
        self.onBound = onBound
    }

    /// Takes connections until it is shut down and the last has ended; when its task is cancelled they are cut off.
    ///
    /// - Throws: When the address cannot be had.
    package func run() async throws {
        let quiescing = ServerQuiescingHelper(group: group)
        let connections = ChannelSet()
        let channel = try await bound(quiescing, connections)
        switch address {
        case .host(let host, let port): await onBound(.host(host, port: channel.localAddress?.port ?? port))
        case .unix: await onBound(address)
        }
        let done = channel.eventLoop.makePromise(of: Void.self)
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                try? await channel.closeFuture.get()
                quiescing.initiateShutdown(promise: done)
                try? await done.futureResult.get()
            } onGracefulShutdown: {
                channel.close(promise: nil)
                quiescing.initiateShutdown(promise: nil)
            }
        } onCancel: {
            channel.close(promise: nil)
            connections.closeAll()
        }
    }

    private func bound(_ quiescing: ServerQuiescingHelper, _ connections: ChannelSet) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    try operations.addHandler(ConnectionLimiter(limits))
                    try operations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [protocols, limits] channel in
                connections.insert(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProtocolSniffer(protocols, limits))
                }
            }
        switch address {
        case .host(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
        case .unix(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }
}
