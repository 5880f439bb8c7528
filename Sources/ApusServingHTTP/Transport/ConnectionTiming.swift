// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What a connection is waiting for, and until when.
package struct ConnectionTiming {
    private let limits: HTTPLimits
    /// When the client must have done what is waited for; nil while the server has the turn.
    private var deadline: NIODeadline?
    /// When the client must have read what is waiting to be sent.
    private var writeDeadline: NIODeadline?
    private var bodyBytes = 0
    private var bodyStart = NIODeadline.distantPast
    /// Heads read and not answered: a client may send more before it has an answer.
    private var openRequests = 0
    private var isReadingBody = false

    package init(limits: HTTPLimits, now: NIODeadline) {
        self.limits = limits
        deadline = now + TimeAmount(limits.headTime)
    }

    package mutating func head(at now: NIODeadline) {
        openRequests += 1
        bodyBytes = 0
        bodyStart = now
        isReadingBody = true
        deadline = now + TimeAmount(limits.bodyTime)
    }

    /// Counts bytes of a body; false when they are more than any body may have.
    package mutating func body(_ byteCount: Int, at now: NIODeadline) -> Bool {
        bodyBytes += byteCount
        // A body that trickles in is late before it stands still.
        let latest = bodyStart + TimeAmount(limits.bodyTime) + .seconds(Int64(bodyBytes / limits.bodyBytesPerSecond))
        deadline = min(now + TimeAmount(limits.bodyTime), latest)
        // A refusal is sent as soon as the limit is passed; what comes after is passed over for a while.
        return bodyBytes <= limits.bodyBytes + 1 << 24
    }

    package mutating func end(at now: NIODeadline) {
        isReadingBody = false
        deadline = openRequests > 0 ? nil : now + TimeAmount(limits.idleTime)
    }

    package mutating func answered(at now: NIODeadline) {
        openRequests = max(0, openRequests - 1)
        if openRequests == 0, !isReadingBody { deadline = now + TimeAmount(limits.idleTime) }
    }

    package mutating func writable(_ isWritable: Bool, at now: NIODeadline) {
        writeDeadline = isWritable ? nil : now + TimeAmount(limits.writeTime)
    }

    /// Whether a deadline has passed.
    package func isOver(at now: NIODeadline) -> Bool {
        (deadline.map { $0 <= now } ?? false) || (writeDeadline.map { $0 <= now } ?? false)
    }

    /// When it is worth looking again.
    package func nextCheck(at now: NIODeadline) -> NIODeadline {
        let nearest = [deadline, writeDeadline].compactMap { $0 }.min() ?? now + TimeAmount(limits.bodyTime)
        let shortest = [limits.headTime, limits.idleTime, limits.bodyTime, limits.writeTime].min() ?? limits.bodyTime
        // A shorter deadline may be set meanwhile.
        return min(nearest, now + TimeAmount(shortest))
    }
}
