// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// An input whose elements come as bytes in the protocol's binary form.
package struct ShapedBytes: Sendable {
    private let name: String
    private let datatype: Datatype
    private let shape: Shape
    private let count: Int
    private let model: String
    private let id: String

    /// Describes an input of a request to a model; `id` is the caller's name for the request, or empty.
    ///
    /// `count`: The elements of the shape, which the caller has checked.
    package init(
        name: String, _ datatype: Datatype, _ shape: Shape, _ count: Int, model: String, id: String
    ) {
        self.name = name
        self.model = model
        self.id = id
        self.datatype = datatype
        self.shape = shape
        self.count = count
    }

    /// Makes the input from bytes that a closure writes where they will stay.
    ///
    /// `byteCount`: The bytes there are; the closure gets memory for exactly as many.
    /// - Throws: ``ServingError`` with code `invalidArgument` when they are not as many as datatype and shape take,
    ///   and what the closure throws.
    package func input(
        _ byteCount: Int, _ read: (inout MutableRawSpan) throws(ServingError) -> Void
    ) throws(ServingError) -> RequestInput {
        if datatype == .bytes { return try bytesInput(byteCount, read) }
        let (expected, overflow) = count.multipliedReportingOverflow(by: datatype.byteWidth)
        guard !overflow, byteCount == expected else {
            throw ShapedBytes.mismatch(name, model, id, overflow ? "less" : String(expected), byteCount)
        }
        var target: MutableTensor
        do throws(ComputeError) {
            target = try MutableTensor(datatype.elementType, shape, uninitialized: ())
        } catch {
            throw ServingError(.resourceExhausted, "input '\(name)': \(error.message)")
        }
        var memory = target.mutableBytes
        try read(&memory)
        if datatype == .bool {
            // Any other bit pattern would be no Bool.
            for index in 0..<count { memory.normalizeBool(at: index) }
        }
        return RequestInput(name: name, tensor: target.finish())
    }

    /// The refusal of an input whose bytes are not as many as its datatype and its shape take.
    package static func mismatch(
        _ name: String, _ model: String, _ id: String, _ expected: String, _ byteCount: Int
    ) -> ServingError {
        ServingError(
            .invalidArgument,
            InferenceRequest.prefix(id) + "input byte size mismatch for input '\(name)' for model '\(model)'. "
                + "Expected \(expected), got \(byteCount)")
    }

    private func bytesInput(
        _ byteCount: Int, _ read: (inout MutableRawSpan) throws(ServingError) -> Void
    ) throws(ServingError) -> RequestInput {
        let shape: Shape = [byteCount]
        var wire: MutableTensor
        do throws(ComputeError) {
            wire = try MutableTensor(.uint8, shape, uninitialized: ())
        } catch {
            throw ServingError(.resourceExhausted, "input '\(name)': \(error.message)")
        }
        var memory = wire.mutableBytes
        try read(&memory)
        let finished = wire.finish()
        do {
            return RequestInput(
                name: name, bytes: try ByteStrings(wire: finished.elements(of: UInt8.self), shape: self.shape))
        } catch let error as ServingError {
            throw ServingError(error.code, "input '\(name)': \(error.message)")
        } catch {
            throw ServingError(.internal, "input '\(name)': \(error)")
        }
    }
}

extension MutableRawSpan {
    /// Makes a byte 0 or 1.
    fileprivate mutating func normalizeBool(at offset: Int) {
        // SAFETY: the caller's offsets are within the memory.
        let byte = unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        if byte > 1 { storeBytes(of: 1, toByteOffset: offset, as: UInt8.self) }
    }
}
