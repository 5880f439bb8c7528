// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Memory a session reuses from step to step and from run to run.
///
/// Values of known sizes have a place in one block; whatever else is asked for is taken from buffers that are free. A
/// place or a buffer is free when nobody but the arena holds it, so a view, or an output the caller kept, can never
/// be overwritten.
final class Arena {
    private let budget: MemoryBudget?
    private let pages = LargePages()
    private var buffers: [TensorStorage] = []
    private var block: PlannedBlock?

    init(budget: MemoryBudget?) { self.budget = budget }

    /// Sets memory aside for a plan, that of the plan before where it suits and nobody holds any of it; none where the
    /// plan asks for none or there is no room.
    func prepare(_ plan: MemoryPlan) {
        var memory = block?.releaseMemory()
        block = nil
        guard plan.byteCount > 0 else { return }
        if let old = memory, old.byteCount < plan.byteCount || old.byteCount / 4 > plan.byteCount { memory = nil }
        memory = memory ?? (try? TensorStorage(byteCount: plan.byteCount, zeroed: false, budget: budget))
        block = memory.map { PlannedBlock(plan, $0) }
    }

    /// Says which step asks for memory from now on.
    func begin(step: Int) { block?.step = step }

    /// Memory for a number of bytes: the place planned for the step, a free buffer, or a new one.
    func take(_ byteCount: Int) -> TensorStorage? {
        if let planned = block?.take(byteCount) { return planned }
        var best: Int?
        var outgrown: Int?
        for index in buffers.indices {
            let capacity = buffers[index].byteCount
            guard capacity >= byteCount / 2, capacity <= byteCount * 4 + 4096 else { continue }
            if capacity < byteCount {
                if outgrown == nil, isKnownUniquelyReferenced(&buffers[index]) { outgrown = index }
                continue
            }
            if let found = best, buffers[found].byteCount <= capacity { continue }
            guard isKnownUniquelyReferenced(&buffers[index]) else { continue }
            if capacity == byteCount { return buffers[index] }
            best = index
        }
        if let best { return buffers[best] }
        // Sizes that grow from run to run leave no buffer behind for each.
        if let outgrown {
            buffers.remove(at: outgrown)
            if let larger = allocate(MemoryPlan.rounded(byteCount)) { return larger }
        }
        if let fresh = allocate(byteCount) { return fresh }
        // What is free but of another size makes room, here or for whoever asks next.
        trim()
        return allocate(byteCount)
    }

    /// A new buffer; nil where there is no room.
    private func allocate(_ byteCount: Int) -> TensorStorage? {
        guard let fresh = try? TensorStorage(byteCount: byteCount, zeroed: false, budget: budget, from: pages) else {
            return nil
        }
        buffers.append(fresh)
        return fresh
    }

    /// Gives back buffers nobody uses.
    private func trim() {
        var index = buffers.startIndex
        while index < buffers.endIndex {
            if isKnownUniquelyReferenced(&buffers[index]) { buffers.remove(at: index) } else { index += 1 }
        }
    }

    /// The bytes of the block and of all buffers.
    var byteCount: Int { buffers.reduce(block?.byteCount ?? 0) { $0 + $1.byteCount } }
}

/// The block of a memory plan, and who holds which of its places.
private final class PlannedBlock {
    private let places: [MemoryPlan.Place]
    private var storages: [TensorStorage]
    /// The places handed out that were not seen free since.
    private var held: [Int] = []
    private var next = 0
    private let whole: TensorStorage
    var byteCount: Int { whole.byteCount }

    /// The step that asks for memory; steps come in order, and begin again with the next run.
    var step = 0 {
        didSet {
            if step < oldValue { next = 0 }
            while next < places.count, places[next].first < step { next += 1 }
        }
    }

    init(_ plan: MemoryPlan, _ whole: TensorStorage) {
        self.whole = whole
        places = plan.places
        // SAFETY: every place lies inside the block, which its storages keep alive; two that overlap are never handed
        // out together.
        storages = plan.places.map { place in
            unsafe TensorStorage(borrowing: whole.base + place.offset, byteCount: place.byteCount, owner: whole)
        }
        held.reserveCapacity(places.count)
    }

    /// The memory, for other places; nil while somebody holds one of these.
    func releaseMemory() -> TensorStorage? {
        for index in held where !isKnownUniquelyReferenced(&storages[index]) { return nil }
        return whole
    }

    /// A place of so many bytes, or few more, that is planned for the step, and that nobody holds any part of.
    func take(_ byteCount: Int) -> TensorStorage? {
        var index = next
        var best: Int?
        while index < places.count, places[index].first == step {
            let size = places[index].byteCount
            // Up to three sizes that were rounded up by an eighth each.
            if size >= byteCount, size / 16 * 11 <= byteCount, size < best.map({ places[$0].byteCount }) ?? .max,
                isFree(index)
            {
                best = index
                if size == byteCount { break }
            }
            index += 1
        }
        guard let best else { return nil }
        held.append(best)
        return storages[best]
    }

    private func isFree(_ index: Int) -> Bool {
        var position = 0
        while position < held.count {
            let other = held[position]
            if isKnownUniquelyReferenced(&storages[other]) {
                held[position] = held[held.count - 1]
                held.removeLast()
                continue
            }
            if places[other].overlaps(places[index]) { return false }
            position += 1
        }
        return true
    }
}
