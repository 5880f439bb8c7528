// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// The outputs of a batch as those of its requests: views of the same memory, without a copy.
enum BatchParts {
    /// Gives each request its rows of every output.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when an output has no row for each row of the batch.
    static func split(_ outputs: [Datum], to slots: [RequestSlot], rowCount: Int) throws(ComputeError) {
        for (position, datum) in outputs.enumerated() {
            guard case .tensor(let tensor) = datum, tensor.shape.rank > 0, tensor.shape[0] == rowCount else {
                throw .shape(
                    "output \(position) of a batch of \(rowCount) is \(datum.tensor?.description ?? "no tensor"), "
                        + "expected \(rowCount) as its first size")
            }
            var first = 0
            for slot in slots {
                slot.outputs.append(.tensor(try rows(first, slot.batchSize, of: tensor)))
                first += slot.batchSize
            }
        }
    }

    private static func rows(_ first: Int, _ count: Int, of tensor: Tensor) throws(ComputeError) -> Tensor {
        var shape = tensor.shape
        let width = shape[0] > 0 ? tensor.elementCount / shape[0] : 0
        shape[0] = count
        if tensor.elementType == .string {
            return try Tensor(strings: Array(tensor.strings[first * width..<(first + count) * width]), shape: shape)
        }
        let offset = tensor.byteOffset + first * width * tensor.elementType.byteWidth
        return try Tensor(tensor.elementType, shape, storage: tensor.storage, byteOffset: offset)
    }
}
