// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels
import Glibc
import Synchronization

/// Threads that carry out the parts of one computation together with the caller.
///
/// A pool serves one caller at a time: a call made while another is under way, from a part or from another thread,
/// is carried out by its caller alone, so that calls nest without deadlock and never use more threads than asked for.
public final class WorkerPool: Sendable {
    /// The number of threads that work at once, the caller included.
    public let threadCount: Int

    private let crew: Crew
    private let threads: [pthread_t]

    /// Makes a pool of the given number of threads, the caller included.
    ///
    /// It has fewer where the system refuses to start one.
    public init(threadCount: Int) {
        let crew = Crew()
        var threads: [pthread_t] = []
        for _ in 1..<Swift.max(2, threadCount + 1) where threads.count < threadCount - 1 {
            var thread = pthread_t()
            let reference = unsafe Unmanaged.passRetained(crew)
            // SAFETY: the thread takes over the retained reference; when none was started it is released here.
            let status = unsafe pthread_create(
                &thread, nil,
                { argument in
                    if let argument = unsafe argument {
                        unsafe Unmanaged<Crew>.fromOpaque(argument).takeRetainedValue().work()
                    }
                    return nil
                }, reference.toOpaque())
            guard status == 0 else {
                unsafe reference.release()
                break
            }
            threads.append(thread)
        }
        self.crew = crew
        self.threads = threads
        self.threadCount = threads.count + 1
    }

    deinit {
        crew.stop()
        for thread in threads {
            pthread_join(thread, nil)
        }
    }

    /// Calls the body once for each part, on several threads at once, and returns when all are done.
    public func run(partCount: Int, _ body: (Int) -> Void) {
        guard partCount > 1, !threads.isEmpty, crew.claim() else {
            for part in 0..<Swift.max(0, partCount) { body(part) }
            return
        }
        var job = Crew.Job()
        // SAFETY: the crew lets go of the job, and with it of the closure, before `carryOut` returns.
        unsafe lend(body, to: &job)
        unsafe withUnsafePointer(to: &job) { unsafe crew.carryOut($0, partCount: partCount) }
        let shortage = crew.takeShortage()
        crew.release()
        if shortage > 0 { ScratchShortage.hand(shortage) }
    }
}

/// Notes a closure's two words, which stand only while the caller does; `withoutActuallyEscaping` would allocate.
@unsafe
@_silgen_name("apus_lend_closure")
private func lend(_ body: (Int) -> Void, to job: UnsafeMutablePointer<Crew.Job>)

/// Calls a closure that was lent and whose lender still stands.
@unsafe
@_silgen_name("apus_call_lent")
private func call(_ job: UnsafePointer<Crew.Job>, part: Int)

/// What a pool shares with its threads.
@safe
private final class Crew: @unchecked Sendable {
    // Sendable: `job` and `partCount` are written only while the gate is closed and no thread is inside it; every
    // thread reads them after entering the gate, whose opening released them.

    /// A closure that does not escape: its function and its context, which lies on the caller's stack.
    struct Job {
        var function: UInt = 0
        var context: UInt = 0
    }

    private static let closed = 1 << 32

    private let isClaimed = Atomic<Bool>(false)
    private let isStopped = Atomic<Bool>(false)
    private let generation = Atomic<Int>(0)
    private let sleeperCount = Atomic<Int>(0)
    private let isCallerAsleep = Atomic<Bool>(false)
    /// Parts taken by the caller, from the first on, and by the threads, from the last back, 32 bits each.
    ///
    /// Taken from both ends, the parts of runs of equal size tend to meet the same thread, and its caches, again.
    private let taken = Atomic<Int>(0)
    private let shortage = Atomic<Int>(0)
    private let gate = Atomic<Int>(closed)
    private var job: UnsafePointer<Job>?
    private var partCount = 0
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private let done: UnsafeMutablePointer<pthread_cond_t>

    init() {
        // SAFETY: allocated and initialised here, destroyed in deinit, at a fixed address in between.
        unsafe mutex = .allocate(capacity: 1)
        unsafe wake = .allocate(capacity: 1)
        unsafe done = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(wake, nil)
        unsafe pthread_cond_init(done, nil)
    }

    deinit {
        // SAFETY: no thread refers to the crew any more.
        unsafe pthread_cond_destroy(done)
        unsafe pthread_cond_destroy(wake)
        unsafe pthread_mutex_destroy(mutex)
        unsafe done.deallocate()
        unsafe wake.deallocate()
        unsafe mutex.deallocate()
    }

    func claim() -> Bool {
        isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    /// The scratch memory that one of the threads did not get; 0 when none was refused any.
    func takeShortage() -> Int { shortage.exchange(0, ordering: .relaxed) }

    func release() { isClaimed.store(false, ordering: .releasing) }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        announce()
    }

    @unsafe
    func carryOut(_ job: UnsafePointer<Job>, partCount: Int) {
        // SAFETY: the gate is closed and empty.
        unsafe self.job = unsafe job
        self.partCount = partCount
        taken.store(0, ordering: .relaxed)
        gate.store(0, ordering: .sequentiallyConsistent)
        announce()
        unsafe takeParts(job, partCount, isCaller: true)
        gate.bitwiseOr(Self.closed, ordering: .sequentiallyConsistent)
        if !spin({ gate.load(ordering: .acquiring) == Self.closed }) {
            unsafe pthread_mutex_lock(mutex)
            isCallerAsleep.store(true, ordering: .sequentiallyConsistent)
            while gate.load(ordering: .sequentiallyConsistent) != Self.closed {
                unsafe pthread_cond_wait(done, mutex)
            }
            isCallerAsleep.store(false, ordering: .relaxed)
            unsafe pthread_mutex_unlock(mutex)
        }
        unsafe self.job = nil
    }

    func work() {
        var seen = 0
        while true {
            waitForWork(after: seen)
            if isStopped.load(ordering: .acquiring) { return }
            seen = generation.load(ordering: .acquiring)
            guard enter() else { continue }
            // SAFETY: the gate was open, so the job stands until this thread has left.
            if let job = unsafe job { unsafe takeParts(job, partCount, isCaller: false) }
            if let byteCount = ScratchShortage.take() { shortage.store(byteCount, ordering: .relaxed) }
            leave()
        }
    }

    @unsafe
    private func takeParts(_ job: UnsafePointer<Job>, _ partCount: Int, isCaller: Bool) {
        let one = isCaller ? 1 : 1 << 32
        while true {
            let before = taken.add(one, ordering: .relaxed).oldValue
            let (first, last) = (before & 0xffff_ffff, before >> 32)
            guard first + last < partCount else { return }
            unsafe call(job, part: isCaller ? first : partCount - 1 - last)
        }
    }

    private func enter() -> Bool {
        var current = gate.load(ordering: .acquiring)
        while current & Self.closed == 0 {
            let result = gate.compareExchange(
                expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
            if result.exchanged { return true }
            current = result.original
        }
        return false
    }

    private func leave() {
        let remaining = gate.subtract(1, ordering: .sequentiallyConsistent).newValue
        guard remaining == Self.closed, isCallerAsleep.load(ordering: .sequentiallyConsistent) else { return }
        // SAFETY: the mutex and condition live as long as the crew, which this thread retains.
        unsafe pthread_mutex_lock(mutex)
        unsafe pthread_cond_signal(done)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func announce() {
        generation.add(1, ordering: .sequentiallyConsistent)
        guard sleeperCount.load(ordering: .sequentiallyConsistent) > 0 else { return }
        // SAFETY: the mutex and condition live as long as the crew.
        unsafe pthread_mutex_lock(mutex)
        unsafe pthread_cond_broadcast(wake)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func waitForWork(after seen: Int) {
        if spin({ generation.load(ordering: .acquiring) != seen }) { return }
        // SAFETY: the mutex and condition live as long as the crew, which this thread retains.
        unsafe pthread_mutex_lock(mutex)
        sleeperCount.add(1, ordering: .sequentiallyConsistent)
        while generation.load(ordering: .sequentiallyConsistent) == seen {
            unsafe pthread_cond_wait(wake, mutex)
        }
        sleeperCount.subtract(1, ordering: .relaxed)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func spin(_ condition: () -> Bool) -> Bool {
        let limit = 200_000
        let start = monotonicNanoseconds()
        repeat {
            for _ in 0..<16 {
                if condition() { return true }
                apus_pause()
            }
        } while monotonicNanoseconds() - start < limit
        return condition()
    }

    private func monotonicNanoseconds() -> Int {
        var time = timespec()
        // SAFETY: the call fills the structure given.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
