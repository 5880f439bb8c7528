// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension SequencePolicy {
    /// How the requests that sequences offer are made into batches of at most so many rows.
    package func batchPolicy(maximumSize: Int) -> BatchPolicy {
        switch strategy {
        case .oldest(_, let policy): return policy
        case .direct(let maximumDelay, let minimumUtilization):
            var policy = BatchPolicy()
            let share = Double(max(0, min(1, minimumUtilization)))
            policy.minimumSize = Int((share * Double(maximumSize)).rounded(.up))
            if policy.minimumSize > 1 { policy.maximumDelay = maximumDelay }
            return policy
        }
    }

    /// How many sequences may offer requests at one time.
    package func seatCount(maximumSize: Int, instanceCount: Int) -> Int {
        let each: Int =
            switch strategy {
            case .direct: maximumSize
            case .oldest(let maximumSequences, _): maximumSequences
            }
        let (count, overflow) = max(1, each).multipliedReportingOverflow(by: max(1, instanceCount))
        return overflow ? Self.mostSeats : min(count, Self.mostSeats)
    }

    /// The most sequences of a model that may offer requests at one time.
    package static let mostSeats = 1 << 16
}
