// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
package import GRPCCore
import SwiftProtobuf

/// `grpc.health.v1.Health`: readiness, as gRPC's probes and balancers ask for it.
///
/// Any service name is answered with the server's own readiness, as clients of Triton expect.
package struct HealthService: RegistrableRPCService {
    private let edge: GRPCEdge
    private let interval: Duration

    /// Makes the service of a server.
    ///
    /// `interval`: How often a watch looks for a change.
    package init(_ edge: GRPCEdge, interval: Duration = .milliseconds(250)) {
        self.edge = edge
        self.interval = interval
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.add(Grpc_Health_V1_Health.Method.Check.descriptor) { (_: Grpc_Health_V1_HealthCheckRequest) in status() }
        router.addStream(Grpc_Health_V1_Health.Method.Watch.descriptor) {
            (requests: RPCAsyncSequence<Grpc_Health_V1_HealthCheckRequest, any Error>, writer) in
            try await watch(writer)
        }
    }

    private func status() -> Grpc_Health_V1_HealthCheckResponse {
        .with { $0.status = edge.server.isReady ? .serving : .notServing }
    }

    private func watch(_ writer: RPCWriter<Grpc_Health_V1_HealthCheckResponse>) async throws {
        var last: Grpc_Health_V1_HealthCheckResponse?
        while !Task.isCancelled {
            if case let now = status(), now != last {
                try await writer.write(now)
                last = now
            }
            if edge.server.host.isShuttingDown { return }
            try await Task.sleep(for: interval)
        }
    }
}
