// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingGRPC
import ApusServingHTTP
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

extension ServerProcess {
    /// The listeners of HTTP and of metrics.
    func httpListeners(_ threads: MultiThreadedEventLoopGroup, _ logger: Logger) -> [any Service] {
        let edge = HTTPEdge(server: server, state: state, limits: options.httpLimits)
        let responder = Routes.responder(edge)
        var places: [(String, ListenerAddress, EdgeResponder)] = []
        if let port = options.httpPort { places.append(("HTTP", .host(options.host, port: port), responder)) }
        if let path = options.httpSocket { places.append(("HTTP", .unix(path), responder)) }
        if let port = options.metricsPort {
            places.append(("metrics", .host(options.host, port: port), Routes.metricsResponder(edge)))
        }
        return places.map { name, address, responder in
            let listener = HTTPListener(address, edge, responder, eventLoopGroup: threads, logger: logger) {
                report(.listening(protocol: name, address: "\($0)"))
            }
            return Listening(name: name, address: "\(address)") { try await listener.run() }
        }
    }

    /// The listeners of gRPC, whose calls run on the thread that reads and writes them.
    func grpcListeners(_ thread: MultiThreadedEventLoopGroup) -> [any Service] {
        let edge = GRPCEdge(
            server: server, state: state, limits: options.grpcLimits, executor: EventLoopTaskExecutor(thread.next()))
        var services: [any Service] = []
        if let port = options.grpcPort {
            let host = options.host
            services.append(
                Listening(name: "gRPC", address: "\(ListenerAddress.host(host, port: port))") {
                    let numeric = try SocketAddress.makeAddressResolvingHost(host, port: 0).ipAddress ?? host
                    let listener = GRPCListener(.host(numeric, port: port), edge, eventLoopGroup: thread)
                    try await serve(listener) { ListenerAddress.host(host, port: $0 ?? port) }
                })
        }
        if let path = options.grpcSocket {
            services.append(
                Listening(name: "gRPC", address: "unix:\(path)") {
                    let listener = GRPCListener(.unix(path), edge, eventLoopGroup: thread)
                    try await serve(listener) { _ in ListenerAddress.unix(path) }
                })
        }
        return services
    }

    private func serve(
        _ listener: GRPCListener, _ address: @escaping @Sendable (Int?) -> ListenerAddress
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await listener.run() }
            let port = try? await listener.port()
            report(.listening(protocol: "gRPC", address: "\(address(port ?? nil))"))
            try await withGracefulShutdownHandler {
                try await tasks.waitForAll()
            } onGracefulShutdown: {
                listener.beginGracefulShutdown()
            }
        }
    }
}

/// A listener whose failure says which it was.
private struct Listening: Service {
    let name: String
    let address: String
    let work: @Sendable () async throws -> Void

    init(name: String, address: String, work: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.address = address
        self.work = work
    }

    func run() async throws {
        do {
            try await work()
        } catch is CancellationError {
            return
        } catch {
            throw ServerFailure(description: "cannot listen for \(name) on \(address): \(error)")
        }
    }
}
