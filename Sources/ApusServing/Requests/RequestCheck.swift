// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors

/// What a version takes, ready to be compared with requests.
struct RequestCheck: Sendable {
    /// An input as requests and as the model see it.
    struct Input: Sendable {
        var specification: TensorSpecification
        /// Its place among the model's inputs.
        var position: Int
    }

    private let model: String
    private let maxBatchSize: Int
    private let inputs: [Input]
    /// The inputs of the model, of which the server may give some itself.
    private let positionCount: Int
    private let requiredCount: Int
    /// Whether every size but the batch is fixed, so that all requests may share batches.
    private let isFixed: Bool
    private let padding: PaddingPlan?

    init(
        _ configuration: ModelConfiguration, _ signature: Signature, padding: PaddingPlan? = nil
    ) throws(ServingError) {
        self.padding = padding
        model = configuration.name
        maxBatchSize = configuration.maxBatchSize
        var inputs: [Input] = []
        for specification in configuration.inputs {
            let name = specification.name
            guard let position = signature.inputs.firstIndex(where: { $0.name == name }) else {
                throw ServingError(
                    .invalidArgument,
                    "model '\(model)': the configuration has an input '\(name)', the model takes \(signature.inputs)")
            }
            try specification.check(signature.inputs[position], "input", of: configuration)
            var input = Input(specification: specification, position: position)
            if padding?.input(at: position)?.isMask ?? false { input.specification.isOptional = true }
            inputs.append(input)
        }
        let own = configuration.sequenceBatching?.inputs ?? []
        for port in signature.inputs
        where !own.contains(port.name) && !inputs.contains(where: { $0.specification.name == port.name }) {
            throw ServingError(
                .invalidArgument, "model '\(model)': the configuration lacks the model's input '\(port.name)'")
        }
        self.inputs = inputs
        positionCount = signature.inputs.count
        requiredCount = inputs.count { !$0.specification.isOptional }
        isFixed = inputs.allSatisfy { !$0.specification.dimensions.contains(-1) && !$0.specification.isOptional }
    }

    /// Takes what the configuration of an ensemble says, which has no model of its own.
    init(ensemble configuration: ModelConfiguration) {
        model = configuration.name
        maxBatchSize = configuration.maxBatchSize
        inputs = configuration.inputs.enumerated().map { Input(specification: $1, position: $0) }
        positionCount = inputs.count
        requiredCount = inputs.count { !$0.specification.isOptional }
        isFixed = true
        padding = nil
    }

    /// Compares a request with the model and puts its inputs into a slot in the model's order.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names the input, expected and actual.
    func fill(_ slot: RequestSlot, with request: InferenceRequest) throws(ServingError) {
        if slot.inputs.count != positionCount { slot.inputs = [Datum](repeating: .none, count: positionCount) }
        var batchSize: Int?
        for given in request.inputs {
            guard let input = inputs.first(where: { $0.specification.name == given.name }) else {
                throw ServingError(
                    .invalidArgument, "unexpected inference input '\(given.name)' for model '\(model)'")
            }
            guard case .none = slot.inputs[input.position] else {
                throw refusal(request, "input '\(given.name)' already exists in request")
            }
            try check(given, input.specification, &batchSize, request)
            slot.inputs[input.position] = .tensor(try tensor(given, input.specification, request))
            slot.byteCount = slot.byteCount &+ given.data.byteCount
        }
        try checkComplete(slot, request)
        try padding?.complete(slot, request, model: model)
        slot.batchSize = batchSize ?? 1
        slot.isPart = request.isPart
        slot.shapeKey = isFixed ? 0 : shapeKey(slot)
    }

    private func check(
        _ given: RequestInput, _ specification: TensorSpecification, _ batchSize: inout Int?,
        _ request: InferenceRequest
    ) throws(ServingError) {
        guard given.data.datatype == specification.datatype else {
            let actual = given.data.datatype.map(\.rawValue) ?? "no datatype of the protocol"
            throw refusal(
                request,
                "inference input '\(given.name)' data-type is '\(actual)', but model '\(model)' expects "
                    + "'\(specification.datatype)'")
        }
        let shape = given.data.shape
        let offset = maxBatchSize > 0 ? 1 : 0
        var fits = shape.rank == specification.dimensions.count + offset
        for axis in specification.dimensions.indices where fits {
            let expected = specification.dimensions[axis]
            fits = expected < 0 || expected == shape[axis + offset]
        }
        guard fits else { throw shapeRefusal(given.name, specification, shape, request) }
        guard maxBatchSize > 0 else { return }
        guard shape[0] > 0 else { throw shapeRefusal(given.name, specification, shape, request) }
        guard shape[0] <= maxBatchSize else {
            throw refusal(
                request,
                "inference request batch-size must be <= \(maxBatchSize) for '\(model)', got \(shape[0]) in input "
                    + "'\(given.name)'")
        }
        if let batchSize, batchSize != shape[0] {
            throw refusal(
                request,
                "input '\(given.name)' batch size does not match other inputs for '\(model)': expected \(batchSize), "
                    + "got \(shape[0])")
        }
        batchSize = shape[0]
    }

    private func tensor(
        _ given: RequestInput, _ specification: TensorSpecification, _ request: InferenceRequest
    ) throws(ServingError) -> Tensor {
        let tensor: Tensor
        switch given.data {
        case .tensor(let numbers): tensor = numbers
        case .bytes(let bytes):
            do throws(ServingError) { tensor = try bytes.text() } catch {
                throw refusal(request, "input '\(given.name)' for model '\(model)': \(error.message)")
            }
        }
        guard let reshape = specification.reshape else { return tensor }
        let shape = specification.reshaped(tensor.shape, to: reshape, keepsBatch: maxBatchSize > 0)
        do throws(ComputeError) { return try tensor.reshaped(to: shape) } catch {
            throw refusal(request, "input '\(given.name)' for model '\(model)': \(error.message)")
        }
    }

    private func checkComplete(_ slot: RequestSlot, _ request: InferenceRequest) throws(ServingError) {
        guard request.inputs.count < inputs.count else { return }
        var missing: [String] = []
        for input in inputs where !input.specification.isOptional {
            if case .none = slot.inputs[input.position] { missing.append(input.specification.name) }
        }
        guard !missing.isEmpty else { return }
        let given = request.inputs.map { "'\($0.name)'" }.joined(separator: ",")
        let lacking = missing.map { "'\($0)'" }.joined(separator: ",")
        let expected =
            requiredCount == inputs.count
            ? "expected \(inputs.count) inputs but got \(request.inputs.count) inputs"
            : "expected number of inputs between \(requiredCount) and \(inputs.count) but got "
                + "\(request.inputs.count) inputs"
        throw refusal(
            request,
            "\(expected) for model '\(model)'. Got input(s) [\(given)], but missing required input(s) [\(lacking)]. "
                + "Please provide all required input(s).")
    }

    /// A number that is equal for requests whose inputs have the same sizes but for the batch.
    private func shapeKey(_ slot: RequestSlot) -> Int {
        var hasher = Hasher()
        for (position, datum) in slot.inputs.enumerated() {
            let padded = padding?.input(at: position)?.axis
            guard let shape = datum.tensor?.shape else {
                hasher.combine(-1)
                continue
            }
            for axis in (maxBatchSize > 0 ? 1 : 0)..<max(shape.rank, 1) where axis < shape.rank {
                hasher.combine(axis == padded ? padding?.bucket(shape[axis]) ?? 0 : shape[axis])
            }
            hasher.combine(-2)
        }
        return hasher.finalize()
    }

    private func shapeRefusal(
        _ name: String, _ specification: TensorSpecification, _ shape: Shape, _ request: InferenceRequest
    ) -> ServingError {
        let expected = (maxBatchSize > 0 ? [-1] : []) + specification.dimensions
        let hint =
            maxBatchSize > 0
            ? ". The first dimension is the batch, which is not part of the dims of the configuration, because its "
                + "max_batch_size is \(maxBatchSize); with max_batch_size 0 the dims are the whole shape."
            : ". The dims of the configuration are the whole shape, because its max_batch_size is 0."
        return refusal(
            request,
            "unexpected shape for input '\(name)' for model '\(model)'. Expected \(Self.text(expected)), got "
                + Self.text(Array(shape)) + hint)
    }

    private func refusal(_ request: InferenceRequest, _ message: String) -> ServingError {
        ServingError(.invalidArgument, request.prefix + message)
    }

    private static func text(_ sizes: [Int]) -> String { "[" + sizes.map(String.init).joined(separator: ",") + "]" }
}

extension InferenceRequest {
    /// What messages of the core begin with: the request's name in brackets.
    var prefix: String { InferenceRequest.prefix(id) }

    static func prefix(_ id: String) -> String { "[request id: \(id.isEmpty ? "<id_unknown>" : id)] " }
}
