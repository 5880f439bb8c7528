// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import ApusTensors

/// A request for inference as its JSON says it, before the binary tensors behind the JSON are read.
package struct WireRequest: Sendable {
    /// Where an input's elements are.
    enum Source: Sendable {
        /// Nowhere said yet.
        case none
        /// In the JSON, and read from it.
        case data(TensorData)
        /// Behind the JSON, in this many bytes.
        case binary(Int)
        /// In shared memory.
        case shared(SharedPlace)
    }

    /// One input.
    struct Input: Sendable {
        var name = ""
        var datatype: Datatype?
        var shape: Shape?
        /// The elements of the shape.
        var count = 0
        var source = Source.none
    }

    /// One output that is asked for.
    struct Output: Sendable {
        var name = ""
        /// What the output itself says of its form, if it does.
        var isBinary: Bool?
        var classificationCount = 0
        var shared: SharedPlace?
    }

    /// A part of a region of shared memory.
    struct SharedPlace: Sendable {
        var region: String
        var offset: UInt64 = 0
        var byteCount: UInt64
    }

    var id = ""
    var inputs: [Input] = []
    var hasInputs = false
    var outputs: [Output] = []
    var parameters: [String: ParameterValue] = [:]
    /// Whether outputs that do not say their form are binary.
    var isBinaryByDefault = false
    var priority: UInt64 = 0
    var timeout: Duration?
    var sequenceID: SequenceMark.Identifier?
    var isSequenceStart = false
    var isSequenceEnd = false

    /// The request's place in a sequence; nil where it names none, which the numbers 0 and "" do not.
    var sequence: SequenceMark? {
        guard let sequenceID, sequenceID != .number(0), sequenceID != .text("") else { return nil }
        return SequenceMark(id: sequenceID, isStart: isSequenceStart, isEnd: isSequenceEnd)
    }

    /// The most inputs of a request, and the most outputs.
    static let mostTensors = 1024
    /// The most sizes of a shape.
    static let mostDimensions = 64
    /// The most parameters of one thing.
    static let mostParameters = 256
}
