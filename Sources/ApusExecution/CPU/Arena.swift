// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Memory a session reuses from step to step and from run to run.
///
/// A buffer is free when nobody but the arena holds it, so a view, or an output the caller kept, can never be
/// overwritten.
final class Arena {
    private var buffers: [TensorStorage] = []
    private let pages = LargePages()

    /// A free buffer of at least the given size, but not one more than four times as large.
    func take(_ byteCount: Int, budget: MemoryBudget?) -> TensorStorage? {
        var best: Int?
        for index in buffers.indices {
            let capacity = buffers[index].byteCount
            guard capacity >= byteCount, capacity <= byteCount * 4 + 4096 else { continue }
            if let found = best, buffers[found].byteCount <= capacity { continue }
            guard isKnownUniquelyReferenced(&buffers[index]) else { continue }
            if capacity == byteCount { return buffers[index] }
            best = index
        }
        if let best { return buffers[best] }
        guard let fresh = try? TensorStorage(byteCount: byteCount, zeroed: false, budget: budget, from: pages) else {
            // What is free but of another size makes room, here or for whoever asks next.
            trim()
            guard let second = try? TensorStorage(byteCount: byteCount, zeroed: false, budget: budget, from: pages)
            else { return nil }
            buffers.append(second)
            return second
        }
        buffers.append(fresh)
        return fresh
    }

    /// Gives back buffers nobody uses.
    func trim() {
        var index = buffers.startIndex
        while index < buffers.endIndex {
            if isKnownUniquelyReferenced(&buffers[index]) { buffers.remove(at: index) } else { index += 1 }
        }
    }

    /// The bytes of all buffers.
    var byteCount: Int { buffers.reduce(0) { $0 + $1.byteCount } }
}
