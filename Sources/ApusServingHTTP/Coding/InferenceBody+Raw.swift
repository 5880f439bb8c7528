// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol
import ApusServing
import ApusTensors
import NIOCore

extension InferenceBody {
    /// Reads a body that is the bytes of a model's only input and nothing else.
    ///
    /// - Throws: ``ServingError`` for a model that such a body does not suit.
    init(
        raw body: CollectedBody, _ model: String, _ version: String, on server: InferenceServer
    ) throws(ServingError) {
        var body = body
        let metadata = try server.host.metadata(model, version: version)
        guard metadata.inputs.count == 1, let port = metadata.inputs.first else {
            throw ServingError(
                .invalidArgument,
                "a raw binary request needs a model with one input, model '\(model)' has \(metadata.inputs.count)")
        }
        let batches = try server.host.configuration(model, version: version).maxBatchSize > 0
        var sizes = port.shape
        if batches, !sizes.isEmpty { sizes[0] = 1 }
        let byteCount = body.byteCount
        let shaped: ShapedBytes
        if port.datatype == .bytes {
            let rest = sizes.dropFirst(batches ? 1 : 0)
            guard rest.allSatisfy({ $0 == 1 || $0 == -1 }), rest.count <= 1 else {
                throw ServingError(
                    .invalidArgument,
                    "a raw binary request for BYTES needs an input of shape [1], input '\(port.name)' has \(port.shape)"
                )
            }
            guard UInt32(exactly: byteCount) != nil else {
                throw ServingError(.invalidArgument, "\(byteCount) bytes are too many for one element of BYTES")
            }
            let shape = Shape(sizes.map { _ in 1 })
            let bytes = body.take(byteCount)
            let strings = try ByteStrings(contents: Array(bytes.readableBytesView), ends: [byteCount], shape: shape)
            let input = RequestInput(name: port.name, bytes: strings)
            self.init(
                request: InferenceRequest(model: model, version: version, inputs: [input]), form: .binary)
            return
        }
        (shaped, sizes) = try InferenceBody.shaped(port, sizes, byteCount, of: model)
        let input = try shaped.input(byteCount) { target throws(ServingError) in body.read(into: &target) }
        self.init(request: InferenceRequest(model: model, version: version, inputs: [input]), form: .binary)
    }

    /// The input with its variable size worked out from the bytes there are.
    private static func shaped(
        _ port: ModelMetadata.Port, _ sizes: [Int64], _ byteCount: Int, of model: String
    ) throws(ServingError) -> (ShapedBytes, [Int64]) {
        let unknown = sizes.indices.filter { sizes[$0] < 0 }
        guard unknown.count <= 1 else {
            throw ServingError(
                .invalidArgument,
                "a raw binary request needs an input with at most one variable size, input '\(port.name)' has "
                    + "shape \(port.shape)")
        }
        var sizes = sizes
        var known = port.datatype.byteWidth
        for size in sizes where size >= 0 {
            let (product, overflow) = known.multipliedReportingOverflow(by: Int(size))
            guard !overflow else {
                throw ServingError(.invalidArgument, "the shape \(port.shape) of input '\(port.name)' overflows")
            }
            known = product
        }
        if let place = unknown.first {
            guard known > 0, byteCount % known == 0 else {
                throw ShapedBytes.mismatch(port.name, model, "", "a multiple of \(known)", byteCount)
            }
            sizes[place] = Int64(byteCount / known)
        }
        let shape = Shape(sizes.map { Int($0) })
        do throws(ComputeError) {
            return (
                ShapedBytes(
                    name: port.name, port.datatype, shape, try shape.checkedElementCount(), model: model, id: ""), sizes
            )
        } catch {
            throw ServingError(.invalidArgument, "input '\(port.name)': \(error.message)")
        }
    }
}
