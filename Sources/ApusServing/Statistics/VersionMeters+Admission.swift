// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension VersionMeters {
    /// Counts a request of so many bytes in.
    ///
    /// - Throws: ``ServingError`` with code `resourceExhausted` that names the limit.
    func admit(
        _ byteCount: Int, isPart: Bool, _ model: String, _ request: InferenceRequest
    ) throws(ServingError) {
        guard let (place, refusal) = enter(byteCount, isPart: isPart) else { return }
        switch (place, refusal) {
        case (0, .requests): drops.serverRequests.add()
        case (0, .bytes): drops.serverBytes.add()
        case (_, .requests): drops.modelRequests.add()
        case (_, .bytes): drops.modelBytes.add()
        }
        let whose = place == 0 ? "the server" : "model '\(model)'"
        throw ServingError(
            .resourceExhausted,
            request.prefix + "\(whose) has as many \(refusal.rawValue) under way as it takes, which is "
                + "\(limit(place, refusal)); this request brings "
                + "\(refusal == .requests ? "1" : String(byteCount))",
            retryAfter: .nanoseconds(usualTime))
    }
}
