// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import Glibc
import Synchronization

/// The time that queues go by, in nanoseconds from an arbitrary start; a test moves its own by hand.
package final class ServingClock: Sendable {
    /// The machine's time.
    package static let system = ServingClock(isManual: false)

    let isManual: Bool
    private let time = Atomic<Int64>(0)
    private let listeners = Lock<[@Sendable () -> Void]>([])

    private init(isManual: Bool) { self.isManual = isManual }

    /// Makes a clock that stands still until it is moved.
    package static func manual() -> ServingClock { ServingClock(isManual: true) }

    /// The time now.
    package var now: Int64 {
        guard !isManual else { return time.load(ordering: .acquiring) }
        var spec = timespec()
        // SAFETY: the call fills the structure given.
        unsafe clock_gettime(CLOCK_MONOTONIC, &spec)
        return Int64(spec.tv_sec) &* 1_000_000_000 &+ Int64(spec.tv_nsec)
    }

    /// Milliseconds since 1970 by the machine's calendar.
    package static var milliseconds: UInt64 {
        var spec = timespec()
        // SAFETY: the call fills the structure given.
        unsafe clock_gettime(CLOCK_REALTIME, &spec)
        return UInt64(max(0, spec.tv_sec)) &* 1_000 &+ UInt64(max(0, spec.tv_nsec)) / 1_000_000
    }

    /// Moves a manual clock on, and wakes what waits for it.
    package func advance(by duration: Duration) {
        time.wrappingAdd(duration.wholeNanoseconds, ordering: .acquiringAndReleasing)
        for listener in listeners.withLock({ $0 }) { listener() }
    }

    /// Adds what is to be done when a manual clock was moved.
    func whenMoved(_ body: @escaping @Sendable () -> Void) {
        if isManual { listeners.withLock { $0.append(body) } }
    }
}
