// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry

/// Tells the log and the traces of requests, from times that were measured already.
package struct RequestObserver: Sendable {
    /// The server's log.
    package let log: ServerLog
    /// The traces.
    package let tracer: Tracer
    /// When refusals were last warned of, and how many were not told since.
    private let refusals = Lock((lastWarning: Int64.min, untold: 0))

    /// Joins a log and traces.
    package init(log: ServerLog, tracer: Tracer) {
        self.log = log
        self.tracer = tracer
    }

    /// What is told of a request at its end.
    struct Watch: Sendable {
        let start: Int64
        let trace: Tracer.Ticket?
        let hasLine: Bool
    }

    /// Refusals are warned of once in this many nanoseconds.
    private static let warningInterval: Int64 = 1_000_000_000

    /// Begins with a request; nil where nothing is to be told of it, unless it fails.
    func begin(_ request: InferenceRequest) -> Watch? {
        let hasLine = log.tellsRequests
        let isTracing = tracer.settings.isTracing
        guard hasLine || isTracing else { return nil }
        return Watch(
            start: ServingClock.system.now, trace: isTracing ? tracer.begin(request.model) : nil, hasLine: hasLine)
    }

    /// Ends with a request.
    func end(_ watch: Watch?, _ request: InferenceRequest, _ result: Result<InferenceResponse, ServingError>) {
        if case .failure(let error) = result { tell(error, request) }
        guard let watch else { return }
        let end = ServingClock.system.now
        if let trace = watch.trace { tracer.end(trace, request, result, start: watch.start, end: end) }
        if watch.hasLine { log.writeRequest(RequestObserver.line(request, result, end - watch.start)) }
    }

    /// The line of a request: what it was, how it ended, and where its time went.
    private static func line(
        _ request: InferenceRequest, _ result: Result<InferenceResponse, ServingError>, _ total: Int64
    ) -> String {
        var line = "infer model=\(request.model)"
        switch result {
        case .success(let response):
            let times = response.times
            line += " version=\(response.version) status=OK queue_us=\((times.queue &+ times.batch) / 1000)"
            line += " compute_input_us=\(times.copyIn / 1000) compute_us=\(times.compute / 1000)"
            line += " compute_output_us=\(times.copyOut / 1000)"
        case .failure(let error):
            line += " version=\(request.version.isEmpty ? "-" : request.version) status=\(error.code)"
        }
        line += " total_us=\(max(0, total) / 1000)"
        return request.id.isEmpty ? line : line + " id=\(request.id)"
    }

    private func tell(_ error: ServingError, _ request: InferenceRequest) {
        switch error.code {
        case .internal: log.write(.error, "request to model '\(request.model)' failed: \(error.message)")
        case .unavailable, .resourceExhausted, .deadlineExceeded:
            let now = ServingClock.system.now
            let untold: Int? = refusals.withLock { refusals in
                guard now >= refusals.lastWarning &+ RequestObserver.warningInterval else {
                    refusals.untold += 1
                    return nil
                }
                defer { refusals = (now, 0) }
                return refusals.untold
            }
            guard let untold else { return }
            let others = untold > 0 ? ", and \(untold) others since the last warning" : ""
            log.write(.warning, "request to model '\(request.model)' was refused: \(error.message)\(others)")
        default: break
        }
    }
}
