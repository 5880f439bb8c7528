// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServingTransport
import GRPCCore
package import NIOCore
import ServiceLifecycle

/// What answers calls of gRPC; run, it serves the methods that take more than one message or are no inference.
package struct GRPCPipeline: Service {
    private let edge: GRPCEdge
    private let tasks: LiveTasks
    private let transport = CallTransport()

    /// Prepares the services of a server.
    ///
    /// `tasks`: Counts the tasks that calls have.
    package init(_ edge: GRPCEdge, tasks: LiveTasks) {
        self.edge = edge
        self.tasks = tasks
    }

    /// Adds to a stream of HTTP/2 what answers one call.
    package func configureCall(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(CallHandler(edge, addService: addService))
    }

    private func addService(_ channel: any Channel, _ method: MethodDescriptor) throws {
        let parts = try NIOAsyncChannel<RPCRequestPart<WireBytes>, RPCResponsePart<WireBytes>>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: false))
        tasks.enter()
        Task(executorPreference: EventLoopTaskExecutor(channel.eventLoop)) { [transport, tasks] in
            await transport.serve(parts, method)
            tasks.leave()
        }
    }

    /// Serves until it is shut down.
    package func run() async throws {
        let server = GRPCServer(
            transport: transport, services: [InferenceService(edge), HealthService(edge), ReflectionService()])
        try await withGracefulShutdownHandler {
            try await server.serve()
        } onGracefulShutdown: {
            server.beginGracefulShutdown()
        }
    }
}
