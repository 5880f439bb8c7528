// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Finds what was meant by a name that is spelled wrong.
package enum Spelling {
    /// The candidate that differs in the fewest letters, when those are few.
    package static func nearest(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(128))
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let distance = distance(wanted, Array(candidate.lowercased().utf8.prefix(128)))
            if distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        guard let best, best.distance <= max(1, min(wanted.count, best.name.utf8.count) / 3) else { return nil }
        return best.name
    }

    /// The letters to add, leave out or replace to get from one word to the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let next = min(row[j], row[j + 1]) + 1
                (diagonal, row[j + 1]) = (row[j + 1], min(next, diagonal + (letter == other ? 0 : 1)))
            }
        }
        return row[right.count]
    }
}
