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

    /// Makes the state of a server that has just started.
    ///
    /// - Parameter allowsSharedMemory: Whether clients may name regions of shared memory.
    package init(allowsSharedMemory: Bool = false) {
        regions = SharedMemoryRegions(isAllowed: allowsSharedMemory)
        traces = TraceSettings()
        logs = LogSettings()
    }
}
