// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// One version of what a client calls a model: a model with its instances, or an ensemble of others.
protocol ServedVersion: AnyObject, Sendable {
    var number: Int64 { get }
    /// The number as text.
    var text: String { get }
    var configuration: ModelConfiguration { get }
    /// The statistics so far.
    var statistics: ModelStatistics { get }
    /// Equal as long as equal requests have equal answers: it changes with everything that is loaded anew.
    var serial: UInt64 { get }
    /// Why the version takes no requests now; nil when it does.
    var obstacle: String? { get }

    /// The version itself where all its requests do is wait in its queue and run.
    var queued: ModelVersion? { get }

    /// The names of an output's indices.
    func labels(of output: String) -> [String]

    /// The bytes it takes of memory, as measured; 0 for an ensemble, whose models count for themselves.
    var memoryByteCount: Int { get }

    /// Runs a request, together with equal ones where the configuration allows it; nil when the version is on its way
    /// out and another one is to be asked.
    ///
    /// - Throws: ``ServingError`` that says what is wrong with the request, or why it was refused or failed.
    func inferOnce(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse?

    /// Takes no more requests; those that are there are still answered.
    func retire()
}

extension ModelVersion: ServedVersion {
    var statistics: ModelStatistics { scheduler.statistics }
    var obstacle: String? { nil }
    var memoryByteCount: Int { meters.memoryByteCount }
    var queued: ModelVersion? { coalescer == nil ? self : nil }

    func labels(of output: String) -> [String] {
        configuration.outputs.first { $0.name == output }?.labels ?? []
    }
}
