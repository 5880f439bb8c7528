// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One thread that calls each of its members at the time it asked for.
package final class Timekeeper: Sendable {
    /// What wants to be called at a time.
    package protocol Member: AnyObject, Sendable {
        /// The time has come, or may have.
        func timeHasCome()
    }

    private let room: Room

    /// Starts the thread, which ends when this object goes.
    package init(clock: ServingClock) {
        room = Room(clock: clock)
        let room = room
        Threads.start { room.work() }
        clock.whenMoved { [weak room] in room?.moved() }
    }

    deinit { room.close() }

    /// Asks for a call at the given time instead of the time asked for before; the member is not kept alive.
    package func call(_ member: any Member, at time: Int64) { room.call(member, at: time) }
}

/// Who is to be called when.
///
/// Unchecked: every access to `calls`, `earliest`, `isMoved` and `isClosed` holds `mutex`.
@safe
private final class Room: @unchecked Sendable {
    private struct Call {
        weak var member: (any Timekeeper.Member)?
        var time: Int64
    }

    private let clock: ServingClock
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var calls: [ObjectIdentifier: Call] = [:]
    /// The time the thread sleeps until.
    private var earliest = Int64.max
    private var isMoved = false
    private var isClosed = false

    init(clock: ServingClock) {
        self.clock = clock
        var attributes = pthread_condattr_t()
        // SAFETY: all three are initialised here and destroyed in deinit, or before this call ends.
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        // SAFETY: no thread refers to the room any more.
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        // SAFETY: the mutex lives as long as the room.
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    func call(_ member: any Timekeeper.Member, at time: Int64) {
        locked {
            calls[ObjectIdentifier(member)] = Call(member: member, time: time)
            guard time < earliest else { return }
            unsafe pthread_cond_signal(condition)
        }
    }

    func moved() {
        locked {
            isMoved = true
            unsafe pthread_cond_signal(condition)
        }
    }

    func close() {
        locked {
            isClosed = true
            unsafe pthread_cond_signal(condition)
        }
    }

    func work() {
        while let due = next() {
            for member in due { member.timeHasCome() }
        }
    }

    /// Waits until somebody is to be called; nil when the room is closed.
    private func next() -> [any Timekeeper.Member]? {
        locked {
            while !isClosed {
                let now = clock.now
                var due: [any Timekeeper.Member] = []
                earliest = .max
                isMoved = false
                for (key, call) in calls {
                    guard call.time <= now else {
                        earliest = min(earliest, call.time)
                        continue
                    }
                    calls[key] = nil
                    if let member = call.member { due.append(member) }
                }
                if !due.isEmpty {
                    earliest = .min
                    return due
                }
                wait()
            }
            return nil
        }
    }

    private func wait() {
        guard earliest != .max, !clock.isManual else {
            unsafe pthread_cond_wait(condition, mutex)
            return
        }
        var time = timespec(tv_sec: Int(earliest / 1_000_000_000), tv_nsec: Int(earliest % 1_000_000_000))
        unsafe pthread_cond_timedwait(condition, mutex, &time)
    }
}
