// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Runs the steps of one request to an ensemble, each as soon as its inputs are there.
struct EnsembleSteps {
    private typealias Outcome = (step: Int, result: Result<InferenceResponse, ServingError>)

    private(set) var state: EnsembleRun
    /// What the stages of all steps took together.
    private(set) var times = StageTimes()
    private let request: InferenceRequest
    private let ensemble: EnsembleVersion

    init(_ state: EnsembleRun, _ request: InferenceRequest, _ ensemble: EnsembleVersion) {
        self.state = state
        self.request = request
        self.ensemble = ensemble
    }

    /// Runs everything that is needed; steps that wait for nothing run side by side.
    ///
    /// - Throws: ``ServingError`` of the step that failed first; the others are cancelled.
    mutating func run() async throws(ServingError) {
        while !state.isDone {
            guard state.ready.count == 1, let step = state.ready.first else { break }
            let part = begin(step)
            try end(step, await ensemble.infer(part))
        }
        guard !state.isDone else { return }
        let failure = await withTaskGroup(of: Outcome.self, returning: ServingError?.self) { group in
            var failure: ServingError?
            repeat {
                let ready = failure == nil ? state.ready : []
                for step in ready {
                    let part = begin(step)
                    group.addTask { [ensemble] in (step, await ensemble.infer(part)) }
                }
                guard let (step, result) = await group.next() else { return failure }
                do throws(ServingError) { try end(step, result) } catch {
                    if failure == nil { failure = error }
                    group.cancelAll()
                }
            } while true
        }
        if let failure { throw failure }
    }

    private mutating func begin(_ step: Int) -> InferenceRequest {
        let (model, outputs) = (ensemble.graph.steps[step], state.outputs(of: step))
        var part = InferenceRequest(
            model: model.model, version: model.version, id: request.id, inputs: state.begin(step), outputs: outputs,
            parameters: request.parameters, priority: request.priority, timeout: request.timeout,
            deadline: request.deadline, sequence: request.sequence)
        part.isPart = true
        return part
    }

    private mutating func end(
        _ step: Int, _ result: Result<InferenceResponse, ServingError>
    ) throws(ServingError) {
        switch result {
        case .success(let response):
            times.add(response.times)
            state.finish(step, response.outputs)
        case .failure(var error):
            // The ensemble is known; that a part of it is not is no mistake of the client's.
            if error.code == .notFound { error.code = .unavailable }
            var message = error.message
            if message.hasPrefix(request.prefix) { message.removeFirst(request.prefix.count) }
            let name = ensemble.configuration.name
            error.message = request.prefix + "in ensemble '\(name)', \(ensemble.graph.name(step)): \(message)"
            throw error
        }
    }
}
