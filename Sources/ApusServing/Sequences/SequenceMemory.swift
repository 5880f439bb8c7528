// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// The states of one sequence between its requests.
///
/// Unchecked: at most one request of a sequence runs at a time, and only the instance that runs it reads and writes
/// the states; the scheduler's lock orders one run after the other.
final class SequenceMemory: @unchecked Sendable {
    /// The states in the order of the configuration; empty before the first run.
    var states: [Datum] = []
}

/// What a request carries of its sequence.
struct SequenceHold {
    /// What the request says.
    var mark: SequenceMark?
    /// Whether it is the first of its sequence that runs.
    var isStart = false
    /// Whether it is the last of its sequence.
    var isEnd = false
    /// The states of its sequence, while it runs.
    var memory: SequenceMemory?
}

/// The memories of all sequences of a version by their places.
struct SequenceMemories {
    private var memories: [SequenceMemory?] = []

    /// Gives a request that is about to run what its sequence kept, which is nothing at its start.
    mutating func attach(_ row: SequenceRow, to slot: RequestSlot) {
        while memories.count <= row.sequence { memories.append(nil) }
        let kept = row.isStart ? nil : memories[row.sequence]
        let memory = kept ?? SequenceMemory()
        (slot.sequence.isStart, slot.sequence.isEnd, slot.sequence.memory) = (row.isStart, row.isEnd, memory)
        memories[row.sequence] = row.isEnd ? nil : memory
    }

    /// Lets go of what sequences kept that are over.
    mutating func drop(_ places: [Int]) {
        for place in places where memories.indices.contains(place) { memories[place] = nil }
    }
}
