// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension SequencePorts {
    /// What the first request of a sequence is told that does not say so.
    static func notStarted(_ slot: RequestSlot, _ model: String) -> ServingError {
        let name = slot.sequence.mark.map { SequenceName.text($0.id) } ?? ""
        return ServingError(
            .invalidArgument,
            "inference request for sequence \(name) to model '\(model)' must specify the START flag on the first "
                + "request of the sequence")
    }

    /// What the first request of a sequence is told when too many wait.
    static func tooMany(_ slot: RequestSlot, _ model: String) -> ServingError {
        let name = slot.sequence.mark.map { SequenceName.text($0.id) } ?? ""
        return ServingError(
            .unavailable,
            "Exceeds maximum queue size: sequence \(name) to model '\(model)' would wait behind as many sequences as "
                + "may wait",
            retryAfter: .seconds(1))
    }
}
