// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A request for inference, whatever protocol it came by.
package struct InferenceRequest: Sendable {
    /// The model's name.
    package var model: String
    /// The version as a decimal number, or empty: the newest that is served.
    package var version: String
    /// The caller's name for the request, given back with the response; empty for none.
    package var id: String
    /// The inputs, in any order.
    package var inputs: [RequestInput]
    /// The outputs that are wanted, or empty: all.
    package var outputs: [RequestedOutput]
    /// What else the request says.
    package var parameters: [String: ParameterValue]
    /// The level of the queue, 1 the highest; 0: the model's default.
    package var priority: UInt64
    /// The longest the request may wait in the queue; it can only shorten the model's own time.
    package var timeout: Duration?
    /// When the caller stops waiting.
    package var deadline: ContinuousClock.Instant?
    /// The request's place in a sequence.
    package var sequence: SequenceMark?
    /// Whether it is a step of an ensemble: what the ensemble's request was admitted for is not refused half way.
    package var isPart = false

    /// Makes a request.
    package init(
        model: String, version: String = "", id: String = "", inputs: [RequestInput], outputs: [RequestedOutput] = [],
        parameters: [String: ParameterValue] = [:], priority: UInt64 = 0, timeout: Duration? = nil,
        deadline: ContinuousClock.Instant? = nil, sequence: SequenceMark? = nil
    ) {
        self.model = model
        self.version = version
        self.id = id
        self.inputs = inputs
        self.outputs = outputs
        self.parameters = parameters
        self.priority = priority
        self.timeout = timeout
        self.deadline = deadline
        self.sequence = sequence
    }
}
