// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where in one block of memory the values of a run lie, those that are alive together apart from each other.
struct MemoryPlan: Sendable {
    /// The memory of one value and the steps it is alive in.
    struct Place: Sendable {
        /// The step that writes the value.
        var first: Int
        /// The last step that reads it.
        var last: Int
        /// The bytes the value takes.
        var byteCount: Int
        /// Where in the block they begin.
        var offset = 0

        /// The bytes set aside: kernels may read a little past the end, and every place begins on a cache line.
        fileprivate var reservedByteCount: Int {
            (byteCount + 2 * MemoryPlan.alignment - 1) & ~(MemoryPlan.alignment - 1)
        }
        /// Where in the block the next value may begin.
        fileprivate var end: Int { offset + reservedByteCount }

        /// Whether both share bytes.
        func overlaps(_ other: Place) -> Bool { offset < other.end && other.offset < end }
    }

    /// The places in the order of the steps that write them.
    let places: [Place]
    /// The bytes of the whole block.
    let byteCount: Int

    static let alignment = 64
    /// More values, and larger ones, are left to memory that is found step by step.
    static let (mostPlaces, largestPlace) = (4096, 1 << 40)

    /// The next number up that has at most four digits before its zeros in base two: an eighth more at most.
    static func rounded(_ size: Int) -> Int {
        guard size > 8, size <= largestPlace else { return size }
        let step = (1 << (Int.bitWidth - 1 - size.leadingZeroBitCount)) / 8
        return (size + step - 1) / step * step
    }

    /// Assigns places, the largest first, each as far in front as those allow that are alive with it.
    init(_ places: [Place]) {
        var places = places
        let order = places.indices.sorted {
            (places[$1].byteCount, places[$0].first) < (places[$0].byteCount, places[$1].first)
        }
        var taken: [Int] = []
        for index in order {
            let place = places[index]
            var offset = 0
            for other in taken where places[other].first <= place.last && place.first <= places[other].last {
                if places[other].offset - offset >= place.reservedByteCount { break }
                offset = max(offset, places[other].end)
            }
            places[index].offset = offset
            let position = taken.firstIndex { places[$0].offset > offset } ?? taken.count
            taken.insert(index, at: position)
        }
        byteCount = places.reduce(0) { max($0, $1.end) }
        self.places = places
    }
}
