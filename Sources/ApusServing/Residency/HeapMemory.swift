// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The process's heap: how much of it is in use, and giving back what is not.
package enum HeapMemory {
    /// The bytes of all blocks in use, or nil where the system does not say.
    package static var usedByteCount: Int? {
        var start: UnsafeMutablePointer<CChar>?
        var count = 0
        // SAFETY: the stream writes to memory of its own, which is valid once it is closed and freed here.
        guard let stream = unsafe open_memstream(&start, &count) else { return nil }
        unsafe _ = describeHeap(0, stream)
        unsafe fclose(stream)
        guard let text = unsafe start else { return nil }
        defer { unsafe free(text) }
        // The sums over all arenas come last.
        let whole = unsafe String(cString: text)
        guard let end = whole.ranges(of: "</heap>").last?.upperBound else { return nil }
        let sums = whole[end...]
        guard let system = size(in: sums, after: "<system type=\"current\"") else { return nil }
        let free =
            (size(in: sums, after: "<total type=\"fast\"") ?? 0) + (size(in: sums, after: "<total type=\"rest\"") ?? 0)
        return max(0, system - free + (size(in: sums, after: "<total type=\"mmap\"") ?? 0))
    }

    /// Gives pages of the heap that nothing is on back to the system.
    package static func giveBack() { _ = trimHeap(0) }

    private static let freed = Atomic<Int>(0)
    private static let enough = 4 << 20

    /// Notes that so many bytes were freed, and gives them back when they are worth it.
    package static func noteFreed(_ byteCount: Int) {
        guard freed.add(byteCount, ordering: .relaxed).newValue >= enough else { return }
        freed.store(0, ordering: .relaxed)
        giveBack()
    }

    private static func size(in text: Substring, after title: String) -> Int? {
        guard let place = text.ranges(of: title).last?.upperBound,
            let start = text[place...].firstRange(of: "size=\"")?.upperBound
        else { return nil }
        return Int(text[start...].prefix { $0 != "\"" })
    }
}

/// The C library's, whose header is not among those that Swift sees.
@_silgen_name("malloc_trim")
private func trimHeap(_ padding: Int) -> Int32

@_silgen_name("malloc_info")
@unsafe
private func describeHeap(_ options: Int32, _ stream: UnsafeMutablePointer<FILE>) -> Int32
