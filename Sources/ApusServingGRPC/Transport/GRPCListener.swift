// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import GRPCNIOTransportHTTP2
package import NIOPosix

/// A port that speaks gRPC without encryption.
package struct GRPCListener: Sendable {
    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let executor: (any TaskExecutor)?

    /// Where the listener waits for connections.
    package enum Address: Sendable {
        /// A numeric address and a port; 0 takes any that is free.
        case host(String, port: Int)
        /// The path of a Unix socket.
        case unix(String)
    }

    /// Prepares a listener; it listens while it runs.
    package init(_ address: Address, _ edge: GRPCEdge, eventLoopGroup: MultiThreadedEventLoopGroup) {
        executor = edge.executor
        let transport = HTTP2ServerTransport.Posix(
            address: GRPCListener.address(address), transportSecurity: .plaintext,
            config: .defaults { config in
                config.rpc.maxRequestPayloadSize = edge.limits.messageBytes
                config.http2.maxConcurrentStreams = edge.limits.streams
                config.http2.targetWindowSize = 8 << 20
                config.http2.maxFrameSize = 1 << 20
                config.connection.maxIdleTime = edge.limits.idleTime
                config.compression.enabledAlgorithms = [.gzip, .deflate]
            },
            eventLoopGroup: eventLoopGroup)
        server = GRPCServer(
            transport: transport,
            services: [InferenceService(edge), HealthService(edge), ReflectionService()])
    }

    private static func address(_ address: Address) -> GRPCNIOTransportCore.SocketAddress {
        switch address {
        case .host(let host, let port):
            host.contains(":") ? .ipv6(host: host, port: port) : .ipv4(host: host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    /// Takes connections until it is shut down and the last call has ended.
    ///
    /// - Throws: When the address cannot be had.
    package func run() async throws {
        try await withTaskExecutorPreference(executor) { try await server.serve() }
    }

    /// The port, once connections are taken; nil for a Unix socket.
    ///
    /// - Throws: When the address cannot be had.
    package func port() async throws -> Int? {
        let address = try await server.listeningAddress
        return address?.ipv4?.port ?? address?.ipv6?.port
    }

    /// Takes no new calls, and ends when those under way have ended.
    package func beginGracefulShutdown() { server.beginGracefulShutdown() }
}
