// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

extension ModelHost {
    /// Runs a request for a caller that is no task, such as the thread of an event loop.
    ///
    /// This thread may run the request itself where that costs less than to wake another; then the request has ended
    /// when this returns.
    ///
    /// `pending` cancels the request from then on. `hop` carries out a closure on the thread that is to hear of the
    /// end, at once where this is that thread. `completion` hears once how the request ended.
    package func begin(
        _ request: InferenceRequest, _ pending: PendingInference,
        hop: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        _ completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        do throws(ServingError) {
            guard !isShuttingDown else { throw shutDown(request) }
            guard residency == nil, let version = try find(request.model, request.version).queued else {
                beginTask(request, pending, hop: hop, completion)
                return
            }
            switch try version.prepare(request) {
            case .kept(let response): completion(.success(response))
            case .ready(let prepared):
                pending.follow(version, prepared)
                version.submit(prepared, mayRunHere: true) { outcome in
                    hop {
                        do throws(ServingError) {
                            if let response = try version.conclude(prepared.slot, outcome, request) {
                                completion(.success(response))
                            } else {
                                self.begin(request, pending, hop: hop, completion)
                            }
                        } catch {
                            completion(.failure(error))
                        }
                    }
                }
            }
        } catch {
            completion(.failure(error))
        }
    }

    /// Runs a request in a task, where it has more to wait for than a queue.
    private func beginTask(
        _ request: InferenceRequest, _ pending: PendingInference,
        hop: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        _ completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        pending.follow(
            Task {
                do throws(ServingError) {
                    let response = try await infer(request)
                    hop { completion(.success(response)) }
                } catch {
                    hop { completion(.failure(error)) }
                }
            })
    }
}
