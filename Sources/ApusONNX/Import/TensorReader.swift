// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Makes tensors of `TensorProto` messages, sharing the file's memory wherever the bytes can stay as they are.
///
/// Every tensor of a model passes through here, wherever it sits.
struct TensorReader {
    let source: TensorStorage
    var external: ExternalData?
    var plan: PlanReader?
    let options: ImportOptions

    func tensor(_ message: TensorMessage) throws(ImportError) -> Tensor {
        do {
            return try read(message)
        } catch {
            guard error.code == .tensor, !message.name.isEmpty else { throw error }
            throw ImportError(
                error.code, "tensor \(message.name.quoted): \(error.message)", at: error.byteOffset, cause: error.cause)
        }
    }

    func sparse(_ message: SparseTensorMessage) throws(ImportError) -> Tensor {
        try SparseExpansion(reader: self, message: message).tensor()
    }

    private func read(_ message: TensorMessage) throws(ImportError) -> Tensor {
        func refuse(_ text: String) -> ImportError { ImportError(.tensor, text, at: message.byteOffset) }
        guard !message.hasSegment else { throw ImportError(.unsupported, "the tensor is cut into segments") }
        guard let raw = UInt8(exactly: message.elementType), let elementType = ElementType(rawValue: raw) else {
            throw refuse("\(message.elementType) is no element type")
        }
        let shape = Shape(message.dimensions.map { Int($0) })
        let count: Int
        do { count = try shape.checkedElementCount() } catch {
            throw ImportError(.tensor, "the sizes make no tensor", at: message.byteOffset, cause: error)
        }
        let stored = PackedElements(elementType: elementType, count: count)
        if message.isExternal {
            guard elementType != .string else { throw refuse("strings cannot be external data") }
            if let plan {
                let (storage, range) = try plan.bytes(of: message, expected: try stored.byteCount())
                return try stored.tensor(storage, range, shape, message.byteOffset)
            }
            guard let external else {
                throw ImportError(
                    .externalData, "tensor \(message.name.quoted) is in another file, and there is no folder")
            }
            let (storage, range) = try external.bytes(of: message, expected: try stored.byteCount())
            return try stored.tensor(storage, range, shape, message.byteOffset)
        }
        if let raw = message.raw {
            guard elementType != .string else { throw refuse("strings cannot be raw data") }
            let expected = try stored.byteCount()
            guard raw.count == expected else {
                throw refuse("\(elementType.name)\(shape) takes \(expected) bytes, \(raw.count) are there")
            }
            return try stored.tensor(source, raw, shape, message.byteOffset)
        }
        if elementType == .string {
            guard message.strings.count == count else {
                throw refuse("\(shape) takes \(count) strings, \(message.strings.count) are there")
            }
            let strings = message.strings.map { source.string($0) }
            return try computing(message.byteOffset) { () throws(ComputeError) in
                try Tensor(strings: strings, shape: shape)
            }
        }
        return try TypedNumbers(source: source, message: message, elementType: elementType, shape: shape, count: count)
            .tensor()
    }
}

/// Runs a tensor operation as part of an import.
func computing<Result: ~Copyable>(
    _ byteOffset: Int?, _ body: () throws(ComputeError) -> Result
) throws(ImportError) -> Result {
    do { return try body() } catch {
        throw ImportError(
            error.code == .limit ? .limit : .tensor, "the tensor cannot be made", at: byteOffset, cause: error)
    }
}
