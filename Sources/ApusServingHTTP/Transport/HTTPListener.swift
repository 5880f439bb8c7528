// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
import Synchronization

/// Where a listener waits for connections.
package enum ListenerAddress: Sendable, Equatable, CustomStringConvertible {
    /// A host's name or address, and a port; 0 takes any that is free.
    case host(String, port: Int)
    /// The path of a Unix socket.
    case unix(String)

    package var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// A port that speaks HTTP.
package struct HTTPListener: Service {
    private let server: any Service

    /// Prepares a listener; it listens while it runs.
    ///
    /// `onBound`: Called with the address once connections are taken.
    package init(
        _ address: ListenerAddress, _ edge: HTTPEdge, _ responder: EdgeResponder, eventLoopGroup: any EventLoopGroup,
        logger: Logger, onBound: @escaping @Sendable (ListenerAddress) async -> Void
    ) {
        let channel = EdgeChannel(limits: edge.limits) { request, writer, channel in
            if HTTPListener.waitsForInvitation(request, edge.limits) {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            let context = BasicRequestContext(source: .init(channel: channel, logger: logger))
            var response = try await responder.respond(to: request, context: context)
            if edge.server.host.isShuttingDown { response.headers[.connection] = "close" }
            try await writer.write(response: response.head, body: response.body)
            if response.headers[.connection] == "close" { throw ConnectionEnd() }
        }
        let bind: BindAddress =
            switch address {
            case .host(let host, let port): .hostname(host, port: port)
            case .unix(let path): .unixDomainSocket(path: path)
            }
        server = channel.server(
            configuration: ServerConfiguration(
                address: bind, backlog: 1024,
                availableConnectionsDelegate: .maximum(edge.limits.connections, logger: logger)),
            onServerRunning: { channel in
                switch address {
                case .host(let host, let port):
                    await onBound(.host(host, port: channel.localAddress?.port ?? port))
                case .unix: await onBound(address)
                }
            },
            eventLoopGroup: eventLoopGroup, logger: logger)
    }

    /// Thrown to end a connection after an answer that said so.
    private struct ConnectionEnd: Error {}

    /// Whether a client waits to be told that its body is wanted.
    private static func waitsForInvitation(_ request: Request, _ limits: HTTPLimits) -> Bool {
        guard let expected = request.headers[.expect], expected.lowercased() == "100-continue" else { return false }
        return (request.headers[.contentLength].flatMap { Int($0) } ?? 0) <= limits.bodyBytes
    }

    package func run() async throws { try await server.run() }
}
