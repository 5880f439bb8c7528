// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The lists that requests wait in: two for each level, those whose time is over and may go on behind the others.
extension Batcher {
    /// A request in the queue; its place is its ticket.
    struct Entry {
        var size: Int
        var shape: Int
        var level: UInt64
        var arrived: Int64
        /// When its time in the queue is over.
        var expiry = Int64.max
        /// When its caller stops waiting.
        var deadline = Int64.max
        /// Whether it goes behind others when its time is over, and is not refused.
        var isDelayable = false
        var isDelayed = false
        var isQueued = false
        var previous: Int?
        var next: Int?

        init(size: Int, shape: Int, level: UInt64, arrived: Int64) {
            self.size = size
            self.shape = shape
            self.level = level
            self.arrived = arrived
        }
    }

    /// A level of the queue.
    struct Level {
        var priority: UInt64
        var count = 0
        var inTime = Line()
        var delayed = Line()
    }

    /// A list through the entries.
    struct Line {
        var first: Int?
        var last: Int?
    }

    /// The place of a level, which is made when it is first needed; the highest comes first.
    mutating func position(ofLevel priority: UInt64) -> Int {
        var (low, high) = (0, levels.count)
        while low < high {
            let middle = (low + high) / 2
            if levels[middle].priority < priority { low = middle + 1 } else { high = middle }
        }
        if low < levels.count, levels[low].priority == priority { return low }
        if levels.count >= Self.mostIdleLevels {
            levels.removeAll { $0.count == 0 }
            low = levels.firstIndex { $0.priority > priority } ?? levels.count
        }
        levels.insert(Level(priority: priority), at: low)
        return low
    }

    private static let mostIdleLevels = 256

    mutating func enqueue(_ entry: Entry, as ticket: Int, at position: Int) {
        let blank = Entry(size: 0, shape: 0, level: 0, arrived: 0)
        while entries.count <= ticket { entries.append(blank) }
        precondition(!entries[ticket].isQueued, "ticket \(ticket) is in the queue already")
        entries[ticket] = entry
        entries[ticket].isQueued = true
        link(ticket, isDelayed: false, at: position)
        levels[position].count += 1
        count += 1
    }

    mutating func remove(_ ticket: Int) {
        let position = position(ofLevel: entries[ticket].level)
        unlink(ticket, at: position)
        entries[ticket].isQueued = false
        levels[position].count -= 1
        count -= 1
        if count == 0 { nextExpiry = .max }
    }

    private mutating func link(_ ticket: Int, isDelayed: Bool, at position: Int) {
        var line = isDelayed ? levels[position].delayed : levels[position].inTime
        entries[ticket].isDelayed = isDelayed
        entries[ticket].previous = line.last
        entries[ticket].next = nil
        if let last = line.last { entries[last].next = ticket } else { line.first = ticket }
        line.last = ticket
        if isDelayed { levels[position].delayed = line } else { levels[position].inTime = line }
    }

    private mutating func unlink(_ ticket: Int, at position: Int) {
        let (previous, next) = (entries[ticket].previous, entries[ticket].next)
        if let previous { entries[previous].next = next }
        if let next { entries[next].previous = previous }
        if entries[ticket].isDelayed {
            if previous == nil { levels[position].delayed.first = next }
            if next == nil { levels[position].delayed.last = previous }
        } else {
            if previous == nil { levels[position].inTime.first = next }
            if next == nil { levels[position].inTime.last = previous }
        }
    }

    /// The first request of a level that is still to be run.
    mutating func front(_ position: Int, _ now: Int64, _ actions: inout Actions) -> Int? {
        living(levels[position].inTime.first, isDelayed: false, at: position, now, &actions)
    }

    /// The request behind another that is still to be run.
    mutating func successor(_ ticket: Int, _ now: Int64, _ actions: inout Actions) -> Int? {
        let position = position(ofLevel: entries[ticket].level)
        let isDelayed = entries[ticket].isDelayed
        return living(entries[ticket].next, isDelayed: isDelayed, at: position, now, &actions)
    }

    /// The first request from the given one on whose time is not over; those whose time is leave on the way.
    private mutating func living(
        _ start: Int?, isDelayed: Bool, at position: Int, _ now: Int64, _ actions: inout Actions
    ) -> Int? {
        var next = start
        while let ticket = next {
            let entry = entries[ticket]
            next = entry.next
            if entry.deadline <= now {
                remove(ticket)
                actions.refusals.append(Actions.Refusal(ticket: ticket, reason: .deadline))
            } else if isDelayed || entry.expiry > now {
                return ticket
            } else if entry.isDelayable {
                unlink(ticket, at: position)
                link(ticket, isDelayed: true, at: position)
            } else {
                remove(ticket)
                actions.refusals.append(Actions.Refusal(ticket: ticket, reason: .timeout))
            }
        }
        guard !isDelayed else { return nil }
        return living(levels[position].delayed.first, isDelayed: true, at: position, now, &actions)
    }
}
