// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing
import ApusServingGRPC
import ApusServingHTTP
import ApusServingTransport
import ApusTelemetry
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A server put together from its options: models, core, listeners, and the order in which they start and stop.
package struct ServerProcess: Sendable {
    let options: ServerOptions
    let report: @Sendable (ServerEvent) -> Void
    /// The core, which tests ask directly.
    package let server: InferenceServer
    let state: EdgeState
    private let repository: ModelRepository

    /// Makes the core of a server; nothing is loaded and nothing listens before ``run(until:)``.
    package init(_ options: ServerOptions, report: @escaping @Sendable (ServerEvent) -> Void) {
        self.options = options
        let report: @Sendable (ServerEvent) -> Void = { if $0.isWanted(options.logs.values) { report($0) } }
        self.report = report
        let host = ModelHost(options: options.serving)
        var places = options.repository
        places.report = { report(.model($0)) }
        repository = ModelRepository(places, host: host)
        let dropped = host.metrics.instrument(LogMetrics.dropped)
        state = EdgeState(
            allowsSharedMemory: options.allowsSharedMemory, traces: options.traces, logs: options.logs,
            writer: BackgroundWriter { dropped.add(UInt64($0)) })
        server = InferenceServer(
            options: options.serving, host: host, repository: repository, observer: state.observer)
    }

    /// How long listeners may take to close once nothing is under way; what is left then is cut off.
    private static let closingTime: Duration = .seconds(5)

    /// Serves until a closure returns, then refuses what is new, lets what is under way end, and stops.
    ///
    /// Listeners open at once, so that the process is live while models are loaded.
    ///
    /// - Parameter stop: Returns when the server is to stop, or when its task is cancelled.
    /// - Returns: The requests that did not end in time.
    /// - Throws: ``ServerFailure`` when a listener cannot have its address.
    @discardableResult
    package func run(until stop: @escaping @Sendable () async -> Void) async throws -> Int {
        var logger = Logger(label: "apus") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        let threadCount = options.eventLoopCount ?? min(max(CoreQuota.coreCount, 1), 4)
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: threadCount)
        let connectionTasks = LiveTasks()
        var configuration = ServiceGroupConfiguration(
            services: services(threads, connectionTasks, logger), logger: logger)
        configuration.maximumGracefulShutdownDuration = ServerProcess.closingTime
        let listeners = ServiceGroup(configuration: configuration)
        let loading = Task {
            do throws(ServingError) {
                try await repository.start()
                report(.started)
            } catch {
                report(.model(.unreadable(path: "the model repository", reason: error.message)))
            }
        }
        defer { loading.cancel() }
        let left = try await withThrowingTaskGroup(of: Int?.self) { tasks in
            tasks.addTask {
                try await listeners.run()
                return nil
            }
            tasks.addTask {
                await stop()
                return Task.isCancelled ? nil : await stopping(listeners)
            }
            defer { tasks.cancelAll() }
            var left = 0
            for try await count in tasks {
                if let count { left = count } else { break }
            }
            return left
        }
        await connectionTasks.wait()
        report(.stopped(requestCount: left))
        state.observer.tracer.finish()
        state.writer.flush()
        try? await threads.shutdownGracefully()
        return left
    }

    /// Refuses what is new, waits for what is under way, and closes the listeners.
    private func stopping(_ listeners: ServiceGroup) async -> Int {
        server.beginShutdown()
        report(.stopping(requestCount: server.host.requestCount))
        let left = await server.drain(within: options.exitTime)
        try? await Task.sleep(for: options.lingerTime)
        await listeners.triggerGracefulShutdown()
        return left
    }
}
