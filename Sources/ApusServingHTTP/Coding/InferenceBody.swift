// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing
import ApusServingTransport
import ApusTensors
package import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
    /// The bytes of a body that are JSON; binary tensors follow them.
    package static let jsonLength: HTTPField.Name = {
        guard let name = HTTPField.Name("Inference-Header-Content-Length") else { return .contentLength }
        return name
    }()
}

/// A request for inference with its binary tensors, and the form its answer is to have.
package struct InferenceBody: Sendable {
    /// The request for the core.
    package var request: InferenceRequest
    /// The form of the answer.
    var form: ResponseForm

    init(request: InferenceRequest, form: ResponseForm) {
        self.request = request
        self.form = form
    }

    /// Takes in the body of a request.
    ///
    /// - Throws: ``ServingError`` that names the field, ``BodyError``, and what reading from the connection throws.
    init(of request: Request, _ path: PathParameters, on edge: HTTPEdge) async throws {
        var body = try await CollectedBody(of: request, limit: edge.limits.bodyBytes)
        let compression: Compression?
        do throws(ServingError) {
            compression = try Compression.of(request.headers[.contentEncoding])
        } catch {
            throw BodyError.notSpoken(error)
        }
        if let compression {
            let packed = body.take(body.byteCount)
            body = CollectedBody([try compression.unpacked(packed, limit: edge.limits.unpackedBytes)])
        }
        let jsonLength = request.headers[.jsonLength]
        // What a raw body means depends on the model, which may have to be loaded to tell.
        if jsonLength == "0" { _ = try await edge.server.modelMetadata(path.model, version: path.version) }
        do throws(ServingError) {
            try self.init(body, jsonLength: jsonLength, path.model, path.version, on: edge)
        } catch {
            // That there is no such model tells more than what is wrong with the request.
            _ = try await edge.server.modelMetadata(path.model, version: path.version)
            throw error
        }
    }

    /// Reads a body.
    ///
    /// `jsonLength`: What the header says of the body's JSON; nil: it is all JSON.
    /// - Throws: ``ServingError`` that names the field.
    package init(
        _ body: CollectedBody, jsonLength: String?, _ model: String, _ version: String, on edge: HTTPEdge
    ) throws(ServingError) {
        var body = body
        let length = try InferenceBody.length(jsonLength, of: body)
        if let jsonLength, length == 0, !jsonLength.isEmpty {
            try self.init(raw: body, model, version, on: edge.server)
            return
        }
        guard length <= edge.limits.jsonBytes else {
            throw ServingError(
                .invalidArgument, "\(length) bytes of JSON are more than the limit of \(edge.limits.jsonBytes) bytes")
        }
        let json = body.take(length)
        let wire = try parsing { () throws(JSONError) in try WireRequest(json.readableBytesUInt8Span) }
        guard wire.hasInputs else { throw ServingError(.invalidArgument, "the request has no 'inputs'") }
        var inputs: [RequestInput] = []
        inputs.reserveCapacity(wire.inputs.count)
        for input in wire.inputs {
            inputs.append(try InferenceBody.input(input, &body, model, wire.id, edge.state.regions))
        }
        guard body.byteCount == 0 else {
            throw ServingError(
                .invalidArgument,
                "unexpected additional input data for model '\(model)': \(body.byteCount) bytes follow the request's "
                    + "tensors")
        }
        let outputs = wire.outputs.map {
            RequestedOutput(name: $0.name, classificationCount: $0.classificationCount)
        }
        let request = InferenceRequest(
            model: model, version: version, id: wire.id, inputs: inputs, outputs: outputs,
            parameters: wire.parameters, priority: wire.priority, timeout: wire.timeout, sequence: wire.sequence)
        self.init(request: request, form: try ResponseForm(wire, edge.state.regions))
    }

    /// The bytes of the body that are JSON.
    private static func length(_ header: String?, of body: CollectedBody) throws(ServingError) -> Int {
        guard let header else { return body.byteCount }
        guard let length = Int(header), length >= 0, length <= body.byteCount else {
            throw ServingError(
                .invalidArgument,
                "Inference-Header-Content-Length is '\(header)', expected 0 to the body's \(body.byteCount) bytes")
        }
        return length
    }

    private static func input(
        _ input: WireRequest.Input, _ body: inout CollectedBody, _ model: String, _ id: String,
        _ regions: SharedMemoryRegions
    ) throws(ServingError) -> RequestInput {
        guard let datatype = input.datatype, let shape = input.shape else {
            throw ServingError(.invalidArgument, "input '\(input.name)' has no datatype or no shape")
        }
        switch input.source {
        case .data(.tensor(let tensor)): return RequestInput(name: input.name, tensor: tensor)
        case .data(.bytes(let bytes)): return RequestInput(name: input.name, bytes: bytes)
        case .binary(let byteCount):
            guard byteCount <= body.byteCount else {
                throw ServingError(
                    .invalidArgument,
                    "unexpected size for input '\(input.name)', expecting \(byteCount - body.byteCount) additional "
                        + "bytes for model '\(model)': binary_data_size is \(byteCount), \(body.byteCount) are left of "
                        + "the body")
            }
            let shaped = ShapedBytes(name: input.name, datatype, shape, input.count, model: model, id: id)
            return try shaped.input(byteCount) { target throws(ServingError) in body.read(into: &target) }
        case .shared(let place):
            let region = try regions.region(place.region)
            try region.check(offset: place.offset, byteCount: place.byteCount)
            let shaped = ShapedBytes(name: input.name, datatype, shape, input.count, model: model, id: id)
            return try shaped.input(Int(place.byteCount)) { target throws(ServingError) in
                try region.read(into: &target, at: place.offset)
            }
        case .none: throw ServingError(.invalidArgument, "input '\(input.name)' has no data")
        }
    }
}
