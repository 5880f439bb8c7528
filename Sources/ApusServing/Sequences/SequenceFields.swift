// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol

/// Finds what contradicts itself in what a configuration says of sequences, whatever the model.
struct SequenceFields {
    /// Something wrong, with the place in the configuration.
    struct Mistake {
        var path: String
        var text: String
        var fix: String?
    }

    private let message: Inference_ModelConfig
    private var mistakes: [Mistake] = []
    private var kinds: Set<Inference_ModelSequenceBatching.Control.Kind> = []
    private var names: Set<String> = []

    /// The mistakes of a configuration; none where it says nothing of sequences.
    static func mistakes(_ message: Inference_ModelConfig) -> [Mistake] {
        guard case .sequenceBatching(let batching)? = message.schedulingChoice else { return [] }
        var fields = SequenceFields(message: message)
        fields.check(batching)
        return fields.mistakes
    }

    private init(message: Inference_ModelConfig) { self.message = message }

    private mutating func wrong(_ path: String, _ text: String, _ fix: String? = nil) {
        mistakes.append(Mistake(path: "sequence_batching\(path)", text: text, fix: fix))
    }

    private mutating func check(_ batching: Inference_ModelSequenceBatching) {
        if case .oldest(let oldest)? = batching.strategyChoice, oldest.maxCandidateSequences < 1 {
            wrong(
                ".oldest", "max_candidate_sequences is \(oldest.maxCandidateSequences), expected 1 or more",
                "add max_candidate_sequences: \(max(1, message.maxBatchSize))")
        }
        for (index, input) in batching.controlInput.enumerated() {
            let path = ".control_input[\(index)]"
            take(input.name, path, "control input")
            if input.control.isEmpty { wrong(path, "control input '\(input.name)' has no control", "add control") }
            if input.control.count > 1 {
                wrong(path, "control input '\(input.name)' has \(input.control.count) controls, expected one")
            }
            for control in input.control { check(control, input.name, path) }
        }
        for (index, state) in batching.state.enumerated() { check(state, ".state[\(index)]") }
    }

    /// Notes an input that the server gives itself.
    private mutating func take(_ name: String, _ path: String, _ what: String) {
        if name.isEmpty { return wrong(path, "a \(what) has no name") }
        if !names.insert(name).inserted { wrong(path, "\(what) '\(name)' is there twice") }
        if message.input.contains(where: { $0.name == name }) {
            wrong(
                path, "\(what) '\(name)' is among the inputs, which requests give, but the server gives it",
                "remove it from input")
        }
    }

    private mutating func check(
        _ control: Inference_ModelSequenceBatching.Control, _ name: String, _ path: String
    ) {
        let what = "control input '\(name)'"
        if !kinds.insert(control.kind).inserted {
            wrong(path, "\(what) has a kind that another has: \(control.kind)")
        }
        let counts = [
            control.int32FalseTrue.count, control.fp32FalseTrue.count, control.boolFalseTrue.count,
        ].filter { $0 > 0 }
        if control.kind == .controlSequenceCorrid {
            let allowed = SequenceName.datatypes.map(\.configurationName).joined(separator: ", ")
            if !counts.isEmpty { wrong(path, "\(what) has the name of the sequence, and no values for no and yes") }
            guard let type = Datatype(control.dataType), SequenceName.datatypes.contains(type) else {
                let given = Datatype(control.dataType)?.configurationName ?? "missing"
                return wrong(path, "the data_type of \(what) is \(given), expected one of \(allowed)")
            }
        } else if counts.count != 1 || counts[0] != 2 {
            wrong(
                path,
                "\(what) needs two values, for no and yes, in one of int32_false_true, fp32_false_true and "
                    + "bool_false_true; found \(counts.reduce(0, +)) in \(counts.count)",
                "write int32_false_true: [ 0, 1 ]")
        }
    }

    private mutating func check(_ state: Inference_ModelSequenceBatching.State, _ path: String) {
        let what = "state '\(state.inputName)'"
        take(state.inputName, path, "state input")
        if state.outputName.isEmpty { wrong(path, "\(what) has no output_name") }
        if Datatype(state.dataType) == nil { wrong(path, "\(what) has no data_type") }
        for size in state.dims where size < 1 && size != -1 {
            wrong("\(path).dims", "\(what) has a size of \(size)", "write 1 or more, or -1 for one that varies")
        }
        if state.initialState.count > 1 {
            wrong(path, "\(what) has \(state.initialState.count) initial states, expected at most one")
        }
        guard let initial = state.initialState.first else { return }
        if Datatype(initial.dataType) != Datatype(state.dataType) {
            let (given, expected) = (Datatype(initial.dataType), Datatype(state.dataType))
            wrong(
                "\(path).initial_state",
                "the initial state of \(what) is \(given?.configurationName ?? "without data_type"), expected "
                    + "\(expected?.configurationName ?? "one")")
        }
        let fits =
            initial.dims.count == state.dims.count
            && zip(initial.dims, state.dims).allSatisfy { $0 > 0 && ($1 == -1 || $0 == $1) }
        if !fits {
            wrong(
                "\(path).initial_state",
                "the dims \(initial.dims) of the initial state of \(what) are no sizes of 1 or more that fit "
                    + "\(state.dims)")
        }
        switch initial.stateData {
        case .zeroData(true): break
        case .dataFile(let file) where !file.isEmpty: break
        default:
            wrong("\(path).initial_state", "the initial state of \(what) has no data", "write zero_data: true")
        }
    }
}
