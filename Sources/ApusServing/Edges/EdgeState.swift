// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What all edges share beside the core: regions of memory that clients registered, and settings they may change.
package final class EdgeState: Sendable {
    /// The shared-memory regions of clients on this machine.
    package let regions: SharedMemoryRegions
    /// How requests are traced.
    package let traces: TraceSettings
    /// What is logged.
    package let logs: LogSettings
    /// What tells the log and the traces of requests.
    package let observer: RequestObserver
    /// What writes both.
    package let writer: BackgroundWriter

    /// Makes the state of a server that has just started.
    ///
    /// - Parameters:
    ///   - allowsSharedMemory: Whether clients may name regions of shared memory.
    ///   - traces: How requests are traced.
    ///   - logs: What is logged.
    ///   - writer: What writes logs and traces.
    package init(
        allowsSharedMemory: Bool = false, traces: TraceSettings = TraceSettings(), logs: LogSettings = LogSettings(),
        writer: BackgroundWriter = BackgroundWriter()
    ) {
        regions = SharedMemoryRegions(isAllowed: allowsSharedMemory)
        self.traces = traces
        self.logs = logs
        self.writer = writer
        observer = RequestObserver(log: ServerLog(logs, writer), tracer: Tracer(traces, writer))
    }
}
