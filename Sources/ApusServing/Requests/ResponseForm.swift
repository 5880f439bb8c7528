// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors

/// What a version gives, ready to make responses of a model's outputs.
struct ResponseForm: Sendable {
    private struct Output: Sendable {
        var specification: TensorSpecification
        /// Its place among the model's outputs.
        var position: Int
    }

    private let model: String
    private let keepsBatch: Bool
    private let outputs: [Output]

    init(_ configuration: ModelConfiguration, _ signature: Signature) throws(ServingError) {
        model = configuration.name
        keepsBatch = configuration.maxBatchSize > 0
        var outputs: [Output] = []
        for specification in configuration.outputs {
            let name = specification.name
            guard let position = signature.outputs.firstIndex(where: { $0.name == name }) else {
                throw ServingError(
                    .invalidArgument,
                    "model '\(model)': the configuration has an output '\(name)', the model gives \(signature.outputs)")
            }
            try specification.check(signature.outputs[position], "output", of: configuration)
            outputs.append(Output(specification: specification, position: position))
        }
        self.outputs = outputs
    }

    /// Gives what the configuration of an ensemble says.
    init(ensemble configuration: ModelConfiguration) {
        model = configuration.name
        keepsBatch = configuration.maxBatchSize > 0
        outputs = configuration.outputs.enumerated().map { Output(specification: $1, position: $0) }
    }

    /// Compares the outputs a request asks for with the model's.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names the output.
    func check(_ request: InferenceRequest) throws(ServingError) {
        for wanted in request.outputs {
            guard let output = output(wanted.name) else {
                throw ServingError(
                    .invalidArgument, "unexpected inference output '\(wanted.name)' for model '\(model)'")
            }
            guard wanted.classificationCount != 0 else { continue }
            try Classification(count: wanted.classificationCount, keepsBatch: keepsBatch)
                .check(output.specification, request)
        }
    }

    /// The outputs a request asks for, or all.
    ///
    /// `labels`: The names of an output's indices, where they are not the configuration's own.
    /// - Throws: ``ServingError`` with code `internal` for an output that the protocol cannot carry.
    func outputs(
        _ data: [Datum], for request: InferenceRequest, labels: ((String) -> [String])? = nil
    ) throws(ServingError) -> [ResponseOutput] {
        var result: [ResponseOutput] = []
        guard !request.outputs.isEmpty else {
            result.reserveCapacity(outputs.count)
            for output in outputs { result.append(try made(output, data)) }
            return result
        }
        result.reserveCapacity(request.outputs.count)
        for wanted in request.outputs where !result.contains(where: { $0.name == wanted.name }) {
            guard let output = output(wanted.name) else { continue }
            var made = try made(output, data)
            if wanted.classificationCount > 0 {
                let classes = Classification(count: wanted.classificationCount, keepsBatch: keepsBatch)
                made.tensor = try classes.apply(
                    to: made.tensor, labels: labels?(wanted.name) ?? output.specification.labels)
                made.datatype = .bytes
            }
            result.append(made)
        }
        return result
    }

    private func output(_ name: String) -> Output? { outputs.first { $0.specification.name == name } }

    private func made(_ output: Output, _ data: [Datum]) throws(ServingError) -> ResponseOutput {
        let specification = output.specification
        guard output.position < data.count, case .tensor(var tensor) = data[output.position] else {
            throw ServingError(.internal, "output '\(specification.name)' of model '\(model)' is no tensor")
        }
        guard Datatype(tensor.elementType) == specification.datatype else {
            throw ServingError(
                .internal,
                "output '\(specification.name)' of model '\(model)' is \(tensor), expected \(specification.datatype)")
        }
        if let reshape = specification.reshape {
            let shape = specification.reshaped(
                tensor.shape, to: specification.dimensions, from: reshape, keepsBatch: keepsBatch)
            do throws(ComputeError) { tensor = try tensor.reshaped(to: shape) } catch {
                throw ServingError(
                    .internal, "output '\(specification.name)' of model '\(model)': \(error.message)")
            }
        }
        return ResponseOutput(name: specification.name, datatype: specification.datatype, tensor: tensor)
    }
}
