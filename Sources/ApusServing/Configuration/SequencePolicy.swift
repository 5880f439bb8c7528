// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

/// How the requests of one sequence are kept together.
package struct SequencePolicy: Sendable, Equatable {
    /// Which sequences run in one batch.
    package enum Strategy: Sendable, Equatable {
        /// Each sequence keeps its place in the batch; a batch goes when its places are this full or the delay is over.
        case direct(maximumDelay: Duration, minimumUtilization: Float)
        /// The oldest requests of any sequence, from at most so many sequences for each instance.
        case oldest(maximumSequences: Int, policy: BatchPolicy)
    }

    /// An input by which the model learns about the sequence.
    package struct Control: Sendable, Equatable {
        /// What it tells.
        package enum Kind: Sendable, Equatable {
            case start
            case ready
            case end
            case identifier
        }

        /// The input's name.
        package var input: String
        /// What it tells.
        package var kind: Kind
        /// The type of its elements.
        package var datatype: Datatype?
        /// The two values that mean no and yes; empty for an identifier.
        package var values: [Double]

        /// Makes a control input.
        package init(input: String, kind: Kind, datatype: Datatype?, values: [Double] = []) {
            self.input = input
            self.kind = kind
            self.datatype = datatype
            self.values = values
        }
    }

    /// A tensor that goes from the end of one request to the start of the next.
    package struct State: Sendable, Equatable {
        /// The input that gets it.
        package var input: String
        /// The output it comes from.
        package var output: String
        /// The type of its elements.
        package var datatype: Datatype?
        /// Its sizes without the batch, -1 for one that varies.
        package var dimensions: [Int64]
        /// The sizes of the values of new sequences, without the batch; nil: those above, with 1 for one that varies.
        package var initialDimensions: [Int64]?
        /// The file below the model's folder `initial_state` with the values of new sequences; nil: zeros.
        package var initialFile: String?

        /// Keeps the tensor of an output for an input, beginning with zeros.
        package init(input: String, output: String, datatype: Datatype?, dimensions: [Int64]) {
            self.input = input
            self.output = output
            self.datatype = datatype
            self.dimensions = dimensions
        }
    }

    /// Which sequences run in one batch.
    package var strategy = Strategy.direct(maximumDelay: .zero, minimumUtilization: 0)
    /// After what time without a request a sequence is over.
    package var maximumIdle = Duration.seconds(1)
    /// Inputs by which the model learns about the sequence.
    package var controls: [Control] = []
    /// Tensors kept between the requests of a sequence.
    package var states: [State] = []
    /// Whether one request is run again and again until the model ends it.
    package var isIterative = false

    /// The inputs that the server gives itself.
    package var inputs: Set<String> { Set(controls.map(\.input) + states.map(\.input)) }

    /// Makes the policy of sequences that keep nothing.
    package init() {}

    /// Reads what a configuration says.
    package init(_ message: Inference_ModelSequenceBatching) {
        if message.maxSequenceIdleMicroseconds > 0 {
            maximumIdle = Duration(microseconds: message.maxSequenceIdleMicroseconds)
        }
        switch message.strategyChoice {
        case .direct(let direct):
            strategy = .direct(
                maximumDelay: Duration(microseconds: direct.maxQueueDelayMicroseconds),
                minimumUtilization: direct.minimumSlotUtilization)
        case .oldest(let oldest):
            var policy = BatchPolicy()
            policy.preferredSizes = oldest.preferredBatchSize.map { Int($0) }.sorted()
            policy.maximumDelay = Duration(microseconds: oldest.maxQueueDelayMicroseconds)
            policy.preservesOrder = oldest.preserveOrdering
            strategy = .oldest(maximumSequences: Int(oldest.maxCandidateSequences), policy: policy)
        case nil: break
        }
        controls = message.controlInput.flatMap { input in input.control.map { Control($0, of: input.name) } }
        states = message.state.map(State.init)
        isIterative = message.iterativeSequence
    }
}

extension SequencePolicy.Control {
    init(_ message: Inference_ModelSequenceBatching.Control, of input: String) {
        self.input = input
        switch message.kind {
        case .controlSequenceReady: kind = .ready
        case .controlSequenceEnd: kind = .end
        case .controlSequenceCorrid: kind = .identifier
        default: kind = .start
        }
        values = message.int32FalseTrue.map { Double($0) }
        if values.isEmpty { values = message.fp32FalseTrue.map { Double($0) } }
        if values.isEmpty { values = message.boolFalseTrue.map { $0 ? 1 : 0 } }
        datatype = Datatype(message.dataType)
        if !message.int32FalseTrue.isEmpty { datatype = .int32 }
        if !message.fp32FalseTrue.isEmpty { datatype = .float32 }
        if !message.boolFalseTrue.isEmpty { datatype = .bool }
    }
}

extension SequencePolicy.State {
    init(_ message: Inference_ModelSequenceBatching.State) {
        self.init(
            input: message.inputName, output: message.outputName, datatype: Datatype(message.dataType),
            dimensions: message.dims)
        let withFile = message.initialState.first { !$0.dataFile.isEmpty }
        guard let initial = withFile ?? message.initialState.first else { return }
        initialDimensions = initial.dims
        if case .dataFile(let file)? = initial.stateData { initialFile = file }
    }
}
