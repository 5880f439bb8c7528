// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing
import ApusTensors

/// A request for inference over gRPC, read from its bytes; what is wrong with it is told when it is to be run.
package struct IncomingInference: Sendable {
    /// The request and the form of its answer, or why there is none.
    package var result: Result<(request: InferenceRequest, form: OutgoingForm), ServingError>
    /// The caller's name for the request, also where the rest is wrong.
    package var id = ""
    /// The model it names.
    package var model = ""

    /// Reads a `ModelInferRequest`.
    package init(_ bytes: Span<UInt8>, _ regions: SharedMemoryRegions) {
        var parts = Parts()
        do throws(ServingError) {
            try parts.read(bytes)
            result = .success(try parts.assembled(bytes, regions))
        } catch {
            result = .failure(error)
        }
        id = parts.id
        model = parts.model
    }

    /// One input before its elements are read.
    struct Input {
        var name = ""
        var datatype = ""
        var sizes: [Int64] = []
        var parameters: [String: ParameterValue] = [:]
        var contents: Range<Int>?
    }

    /// One output that is asked for.
    struct Output {
        var name = ""
        var parameters: [String: ParameterValue] = [:]
    }

    /// The parts of a request and where they lie.
    struct Parts {
        var model = ""
        var version = ""
        var id = ""
        var parameters: [String: ParameterValue] = [:]
        var inputs: [Input] = []
        var outputs: [Output] = []
        var raw: [Range<Int>] = []
    }

    /// The most inputs, outputs and parameters of a request.
    static let mostParts = 1024
    /// The most sizes of a shape.
    static let mostDimensions = 64
}

extension IncomingInference.Parts {
    mutating func read(_ bytes: Span<UInt8>) throws(ServingError) {
        var reader = WireReader(bytes)
        while let field = try reader.field() {
            switch (field.number, field.kind) {
            case (1, .bytes): model = try reader.string()
            case (2, .bytes): version = try reader.string()
            case (3, .bytes): id = try reader.string()
            case (4, .bytes):
                let (name, value) = try reader.parameter()
                try limit(parameters.count, "parameters")
                parameters[name] = value
            case (5, .bytes):
                try limit(inputs.count, "inputs")
                inputs.append(try IncomingInference.Input(bytes, try reader.range()))
            case (6, .bytes):
                try limit(outputs.count, "outputs")
                outputs.append(try IncomingInference.Output(bytes, try reader.range()))
            case (7, .bytes):
                try limit(raw.count, "raw_input_contents")
                raw.append(try reader.range())
            case (1...7, _): throw reader.mismatch(field)
            default: try reader.skip(field)
            }
        }
    }

    private func limit(_ count: Int, _ what: String) throws(ServingError) {
        guard count < IncomingInference.mostParts else {
            throw ServingError(.invalidArgument, "more than \(IncomingInference.mostParts) \(what)")
        }
    }
}

extension IncomingInference.Input {
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ServingError) {
        var reader = WireReader(bytes, range)
        while let field = try reader.field() {
            switch (field.number, field.kind) {
            case (1, .bytes): name = try reader.string()
            case (2, .bytes): datatype = try reader.string()
            case (3, .varint): try append(Int64(bitPattern: try reader.varint()))
            case (3, .bytes):
                var packed = WireReader(bytes, try reader.range())
                while !packed.isAtEnd { try append(Int64(bitPattern: try packed.varint())) }
            case (4, .bytes):
                let (name, value) = try reader.parameter()
                guard parameters.count < IncomingInference.mostParts else {
                    throw ServingError(.invalidArgument, "input '\(self.name)' has too many parameters")
                }
                parameters[name] = value
            case (5, .bytes): contents = try reader.range()
            case (1...5, _): throw reader.mismatch(field)
            default: try reader.skip(field)
            }
        }
    }

    private mutating func append(_ size: Int64) throws(ServingError) {
        guard sizes.count < IncomingInference.mostDimensions else {
            throw ServingError(
                .invalidArgument, "input '\(name)' has more than \(IncomingInference.mostDimensions) sizes")
        }
        sizes.append(size)
    }
}

extension IncomingInference.Output {
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ServingError) {
        var reader = WireReader(bytes, range)
        while let field = try reader.field() {
            switch (field.number, field.kind) {
            case (1, .bytes): name = try reader.string()
            case (2, .bytes):
                let (name, value) = try reader.parameter()
                guard parameters.count < IncomingInference.mostParts else {
                    throw ServingError(.invalidArgument, "output '\(self.name)' has too many parameters")
                }
                parameters[name] = value
            case (1...2, _): throw reader.mismatch(field)
            default: try reader.skip(field)
            }
        }
    }
}
