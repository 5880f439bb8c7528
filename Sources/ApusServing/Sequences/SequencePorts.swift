// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors

/// The inputs by which a model is told of sequences and the tensors that go from one request to the next.
struct SequencePorts: Sendable {
    /// An input that says yes or no.
    private struct Flag {
        var position: Int
        var kind: SequencePolicy.Control.Kind
        var no: Datum
        var yes: Datum
    }

    /// The input with the name of the sequence.
    private struct Identifier {
        var input: String
        var position: Int
        var datatype: Datatype
        var shape: Shape
    }

    /// A tensor that is kept.
    private struct State {
        var input: Int
        var output: Int
        var initial: Datum
    }

    private let model: String
    private var flags: [Flag] = []
    private var identifier: Identifier?
    private var states: [State] = []

    /// Looks up everything in the model; nil for a model without sequences.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names the input or output, expected and actual.
    init?(_ configuration: ModelConfiguration, _ signature: Signature) throws(ServingError) {
        guard let policy = configuration.sequenceBatching else { return nil }
        model = configuration.name
        for control in policy.controls {
            let (position, port) = try Self.port(control.input, "control input", signature.inputs, configuration)
            let shape = try Self.shape(of: control, port, configuration)
            if control.kind == .identifier {
                let datatype = control.datatype ?? .uint64
                identifier = Identifier(
                    input: control.input, position: position, datatype: datatype, shape: shape)
            } else {
                let values = control.values.count == 2 ? control.values : [0, 1]
                flags.append(
                    Flag(
                        position: position, kind: control.kind, no: try Self.flag(values[0], control, shape),
                        yes: try Self.flag(values[1], control, shape)))
            }
        }
        for state in policy.states {
            states.append(try Self.state(state, signature, configuration))
        }
    }

    // MARK: - Requests

    /// Refuses a request that names no sequence, or one that the model cannot be told, and notes the sequence.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument`.
    func check(_ slot: RequestSlot, _ request: InferenceRequest) throws(ServingError) {
        guard let mark = request.sequence, mark.id != .number(0), mark.id != .text("") else {
            throw refusal(request, "must specify a non-zero or non-empty correlation ID")
        }
        guard slot.batchSize <= 1 else {
            throw refusal(request, "must specify batch-size 1 due to requirements of sequence batcher")
        }
        slot.sequence.mark = mark
        guard let identifier else { return }
        guard let tensor = SequenceName.tensor(mark.id, identifier.datatype, identifier.shape) else {
            throw refusal(
                request,
                "has the correlation ID \(SequenceName.text(mark.id)), expected \(identifier.datatype) as its input "
                    + "'\(identifier.input)' is")
        }
        slot.inputs[identifier.position] = .tensor(tensor)
    }

    private func refusal(_ request: InferenceRequest, _ message: String) -> ServingError {
        ServingError(.invalidArgument, request.prefix + "inference request to model '\(model)' \(message)")
    }

    /// Completes the inputs of a request that is about to run.
    func fill(_ slot: RequestSlot) {
        for flag in flags {
            let isSet =
                switch flag.kind {
                case .start: slot.sequence.isStart
                case .end: slot.sequence.isEnd
                case .ready, .identifier: true
                }
            slot.inputs[flag.position] = isSet ? flag.yes : flag.no
        }
        if let identifier, case .none = slot.inputs[identifier.position],
            let tensor = SequenceName.tensor(.number(0), identifier.datatype, identifier.shape)
        {
            slot.inputs[identifier.position] = .tensor(tensor)
        }
        let kept = slot.sequence.memory?.states ?? []
        for (index, state) in states.enumerated() {
            slot.inputs[state.input] = index < kept.count ? kept[index] : state.initial
        }
    }

    /// Keeps the states that the run of a request gave.
    func collect(_ slot: RequestSlot) {
        guard let memory = slot.sequence.memory, !states.isEmpty else { return }
        memory.states.removeAll(keepingCapacity: true)
        for state in states { memory.states.append(slot.outputs[state.output]) }
    }

    // MARK: - The model

    private static func port(
        _ name: String, _ kind: String, _ ports: [Signature.Port], _ configuration: ModelConfiguration
    ) throws(ServingError) -> (position: Int, port: Signature.Port) {
        guard let position = ports.firstIndex(where: { $0.name == name }) else {
            let names = ports.map { "'\($0.name)'" }.joined(separator: ", ")
            throw ServingError(
                .invalidArgument,
                "model '\(configuration.name)', sequence_batching: the model has no \(kind) '\(name)', there are "
                    + names)
        }
        return (position, ports[position])
    }

    /// The shape of a control input for one request: one element.
    private static func shape(
        of control: SequencePolicy.Control, _ port: Signature.Port, _ configuration: ModelConfiguration
    ) throws(ServingError) -> Shape {
        let batch = configuration.maxBatchSize > 0 ? 1 : 0
        let rank = port.sizes?.count ?? batch + 1
        let specification = TensorSpecification(
            name: control.input, datatype: control.datatype ?? .int32,
            dimensions: rank == batch ? [] : [1])
        try specification.check(port, "control input", of: configuration)
        return Shape([Int](repeating: 1, count: rank))
    }

    private static func flag(
        _ value: Double, _ control: SequencePolicy.Control, _ shape: Shape
    ) throws(ServingError) -> Datum {
        do throws(ComputeError) {
            switch control.datatype {
            case .float32: return .tensor(try Tensor([Float(value)], shape: shape))
            case .bool: return .tensor(try Tensor([value != 0], shape: shape))
            default: return .tensor(try Tensor([Int32(clamping: Int64(value))], shape: shape))
            }
        } catch {
            throw ServingError(.resourceExhausted, "control input '\(control.input)': \(error.message)")
        }
    }

    private static func state(
        _ state: SequencePolicy.State, _ signature: Signature, _ configuration: ModelConfiguration
    ) throws(ServingError) -> State {
        guard let datatype = state.datatype else {
            throw ServingError(
                .invalidArgument, "model '\(configuration.name)', state '\(state.input)': there is no data_type")
        }
        let (input, entry) = try port(state.input, "state input", signature.inputs, configuration)
        let (output, exit) = try port(state.output, "state output", signature.outputs, configuration)
        var specification = TensorSpecification(
            name: state.input, datatype: datatype, dimensions: state.dimensions.map { Int($0) })
        try specification.check(entry, "state input", of: configuration)
        specification.name = state.output
        try specification.check(exit, "state output", of: configuration)
        if let value = configuration.initialStates[state.input] {
            return State(input: input, output: output, initial: .tensor(value))
        }
        let sizes = InitialState.shape(state, isBatched: configuration.maxBatchSize > 0)
        return State(
            input: input, output: output, initial: .tensor(try InitialState.zeros(state.input, datatype, sizes)))
    }
}
