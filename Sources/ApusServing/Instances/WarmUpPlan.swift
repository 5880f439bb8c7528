// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import ApusTensors

/// What instances run before their version is ready: what the configuration says, or zeros of the sizes to come.
struct WarmUpPlan: Sendable {
    private struct Sample: Sendable {
        var request: InferenceRequest
        var count: Int
        /// Whether the version is refused when it fails.
        var isRequired: Bool
    }

    private let check: RequestCheck
    private var samples: [Sample] = []

    init(_ configuration: ModelConfiguration, check: RequestCheck) throws(ServingError) {
        self.check = check
        for sample in configuration.warmUps {
            let request = InferenceRequest(model: configuration.name, id: sample.name, inputs: sample.inputs)
            samples.append(Sample(request: request, count: max(1, sample.count), isRequired: true))
        }
        guard samples.isEmpty else { return }
        let sizes = configuration.maxBatchSize > 0 ? [1] + (configuration.batching?.preferredSizes ?? []) : [0]
        for size in Set(sizes).sorted() {
            guard let inputs = Self.zeros(configuration, batchSize: size) else { continue }
            let request = InferenceRequest(model: configuration.name, id: "warm-up", inputs: inputs)
            samples.append(Sample(request: request, count: 1, isRequired: false))
        }
    }

    /// Runs everything on an instance; what the configuration asks for must not fail.
    func run(on instance: inout ModelInstance) -> ServingError? {
        for sample in samples {
            for _ in 0..<sample.count {
                let slot = RequestSlot(index: 0)
                do throws(ServingError) {
                    try check.fill(slot, with: sample.request)
                    try instance.warmUp(slot)
                } catch {
                    if sample.isRequired { return error }
                }
            }
        }
        return nil
    }

    /// Inputs of zeros, or nil where a size is not known, there are strings, or it would be much.
    private static func zeros(_ configuration: ModelConfiguration, batchSize: Int) -> [RequestInput]? {
        var inputs: [RequestInput] = []
        for specification in configuration.inputs where !specification.isOptional {
            let shape = Shape((batchSize > 0 ? [batchSize] : []) + specification.dimensions)
            guard specification.datatype != .bytes, let count = try? shape.checkedElementCount(),
                count <= mostElements,
                let tensor = try? MutableTensor(specification.datatype.elementType, shape)
            else { return nil }
            inputs.append(RequestInput(name: specification.name, tensor: tensor.finish()))
        }
        return inputs
    }

    private static let mostElements = 1 << 24
}

/// What the instances of a version say when they have warmed up.
final class WarmUpReport: Sendable {
    private let failure = Lock<ServingError?>(nil)
    private let signal = Signal()

    /// An instance is warm, or has failed.
    func note(_ error: ServingError?) {
        if let error { failure.withLock { $0 = $0 ?? error } }
        signal.raise()
    }

    /// Waits for the given number of instances; nil when all are warm.
    func wait(for count: Int) -> ServingError? {
        for _ in 0..<count { signal.wait() }
        return failure.withLock { $0 }
    }
}
