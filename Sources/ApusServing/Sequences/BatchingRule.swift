// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The queue of a version: of requests that know nothing of each other, or of those of sequences.
struct BatchingRule {
    private var requests: Batcher
    private var sequences: SequenceBatcher?

    /// Makes the empty queue that a configuration asks for.
    init(_ configuration: ModelConfiguration, instanceCount: Int) {
        let largest = configuration.maxBatchSize
        guard let policy = configuration.sequenceBatching else {
            let size = configuration.batching != nil && largest > 0 ? largest : nil
            requests = Batcher(policy: configuration.batching ?? BatchPolicy(), maximumSize: size)
            return
        }
        requests = Batcher(policy: BatchPolicy(), maximumSize: nil)
        sequences = SequenceBatcher(
            policy: policy, maximumSize: largest > 0 ? largest : nil, instanceCount: instanceCount)
    }

    /// The requests in the queue.
    var count: Int { sequences?.count ?? requests.count }

    /// When the timer is to be called at the latest.
    var nextTimer: Int64? { sequences == nil ? requests.nextTimer : sequences?.nextTimer }

    /// What has become of sequences, how many are active, and how many wait; nil without sequences.
    var sequenceState: (counts: SequenceCounts, activeCount: Int, backlogCount: Int)? {
        sequences.map { ($0.counts, $0.activeCount, $0.backlogCount) }
    }

    mutating func arrive(_ arrival: Batcher.Arrival, now: Int64, _ actions: inout Batcher.Actions) {
        guard sequences == nil else { return sequences?.arrive(arrival, now: now, &actions) ?? () }
        requests.arrive(arrival, now: now, &actions)
    }

    mutating func instanceFree(_ instance: Int, now: Int64, _ actions: inout Batcher.Actions) {
        guard sequences == nil else { return sequences?.instanceFree(instance, now: now, &actions) ?? () }
        requests.instanceFree(instance, now: now, &actions)
    }

    mutating func timer(now: Int64, _ actions: inout Batcher.Actions) {
        guard sequences == nil else { return sequences?.timer(now: now, &actions) ?? () }
        requests.timer(now: now, &actions)
    }

    /// A request is taken back; false when it was not in the queue any more.
    mutating func cancel(_ ticket: Int, now: Int64, _ actions: inout Batcher.Actions) -> Bool {
        sequences?.cancel(ticket, now: now, &actions) ?? requests.cancel(ticket)
    }

    /// Takes in what a batch of so many rows took, in nanoseconds.
    mutating func learn(size: Int, nanoseconds: Int64) {
        if sequences == nil { requests.learn(size: size, nanoseconds: nanoseconds) }
    }

    /// Takes in how long a request took from its arrival to its answer, in nanoseconds.
    mutating func noteLatency(_ nanoseconds: Int64) {
        if sequences == nil { requests.noteLatency(nanoseconds) }
    }

    mutating func shutdown(now: Int64, _ actions: inout Batcher.Actions) {
        guard sequences == nil else { return sequences?.shutdown(now: now, &actions) ?? () }
        requests.shutdown(now: now, &actions)
    }
}
