// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing
package import ApusServingGRPC
package import ApusServingHTTP
package import ApusServingTransport

/// How a server process is put together.
package struct ServerOptions: Sendable {
    /// Where models come from.
    package var repository: RepositoryOptions
    /// What the core allows.
    package var serving = ServingOptions()
    /// The name or address that ports are opened on.
    package var host = "127.0.0.1"
    /// The port of HTTP; 0: any that is free; nil: none.
    package var httpPort: Int? = 8000
    /// The port of gRPC; 0: any that is free; nil: none; that of HTTP: one port for both.
    package var grpcPort: Int? = 8001
    /// The port of metrics; 0: any that is free; nil: none.
    package var metricsPort: Int? = 8002
    /// The path of a Unix socket that speaks HTTP as well.
    package var httpSocket: String?
    /// The path of a Unix socket that speaks gRPC as well; that of HTTP: one socket for both.
    package var grpcSocket: String?
    /// How requests are traced.
    package var traces = TraceSettings()
    /// What is logged.
    package var logs = LogSettings()
    /// Whether clients may name regions of shared memory.
    package var allowsSharedMemory = false
    /// How long requests under way may take to end after the signal to stop.
    package var exitTime: Duration = .seconds(30)
    /// How long connections are still answered after that, so that who is about to ask learns that the server is gone.
    package var lingerTime: Duration = .milliseconds(250)
    /// The threads that read and write connections; nil: one for each core, up to 4.
    package var eventLoopCount: Int?
    /// How many connections there may be, and how long they may do nothing.
    package var listenerLimits = ListenerLimits()
    /// What HTTP clients may send.
    package var httpLimits = HTTPLimits()
    /// What gRPC clients may send.
    package var grpcLimits = GRPCLimits()

    /// Serves the models of a repository on the usual ports.
    package init(repository: RepositoryOptions) { self.repository = repository }

    /// Limits the connections to each port, and those from one address.
    package mutating func limitConnections(to count: Int, perPeer: Int?) {
        listenerLimits.connections = count
        listenerLimits.connectionsPerPeer = perPeer
    }
}
