// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusServingGRPC
import ApusServingHTTP
import ApusServingTransport
import Logging
import NIOPosix
import ServiceLifecycle

extension ServerProcess {
    /// The listeners, and what serves the calls of gRPC; connections note their tasks.
    func services(_ threads: MultiThreadedEventLoopGroup, _ tasks: LiveTasks, _ logger: Logger) -> [any Service] {
        let edge = HTTPEdge(server: server, state: state, limits: options.httpLimits)
        let calls = GRPCPipeline(GRPCEdge(server: server, state: state, limits: options.grpcLimits), tasks: tasks)
        func http(_ responder: EdgeResponder, alsoGRPC: Bool = false) -> EdgeProtocols {
            let pipeline = HTTPPipeline(edge, responder, tasks: tasks, logger: logger)
            return EdgeProtocols(
                http1: pipeline.configureConnection, http2: pipeline.configureStream,
                grpc: alsoGRPC ? calls.configureCall : nil)
        }
        let grpc = EdgeProtocols(grpc: calls.configureCall)
        var services: [any Service] = [calls]
        func add(_ name: String, _ address: ListenerAddress, _ protocols: EdgeProtocols) {
            let listener = EdgeListener(address, protocols, limits: options.listenerLimits, group: threads) {
                report(.listening(protocol: name, address: "\($0)"))
            }
            services.append(Listening(name: name, address: "\(address)") { try await listener.run() })
        }
        let inference = Routes.responder(edge)
        let isShared = options.httpPort == options.grpcPort && options.httpPort != 0
        if let port = options.httpPort {
            let name = isShared ? "HTTP and gRPC" : "HTTP"
            add(name, .host(options.host, port: port), http(inference, alsoGRPC: isShared))
        }
        if let port = options.grpcPort, !isShared { add("gRPC", .host(options.host, port: port), grpc) }
        let sharesSocket = options.httpSocket == options.grpcSocket
        if let path = options.httpSocket {
            add(sharesSocket ? "HTTP and gRPC" : "HTTP", .unix(path), http(inference, alsoGRPC: sharesSocket))
        }
        if let path = options.grpcSocket, !sharesSocket { add("gRPC", .unix(path), grpc) }
        if let port = options.metricsPort {
            add("metrics", .host(options.host, port: port), http(Routes.metricsResponder(edge)))
        }
        return services
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
