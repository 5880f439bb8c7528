// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing

/// A request of a stream that has begun, or why it has not.
struct StreamEntry: Sendable {
    /// The caller's name for the request.
    var id: String
    var started: Result<(Task<InferenceResponse, any Error>, OutgoingForm), ServingError>

    /// Waits for the answer; cancelling the task that waits takes the request back.
    func answer() async -> Result<OutgoingInference, ServingError> {
        let (work, form): (Task<InferenceResponse, any Error>, OutgoingForm)
        switch started {
        case .success(let begun): (work, form) = begun
        case .failure(let error): return .failure(error)
        }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        return result.mapError { ($0 as? ServingError) ?? ServingError(.internal, "\($0)") }
            .flatMap { response in
                Result { () throws(ServingError) in try OutgoingInference(response, form, isStreamed: true) }
            }
    }
}
