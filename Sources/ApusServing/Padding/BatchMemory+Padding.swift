// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension BatchMemory {
    /// One input of all requests, end to end along the first dimension, each made as long as the longest.
    ///
    /// - Throws: ``ComputeError`` when the inputs differ in more than their lengths, or there is no memory.
    mutating func padded(
        _ input: PaddingPlan.Input, of slots: [RequestSlot], rowCount: Int, length: Int
    ) throws(ComputeError) -> Datum {
        guard let pattern = slots.first?.inputs[input.position].tensor else {
            return try joined(input.position, of: slots, rowCount: rowCount)
        }
        var shape = pattern.shape
        guard input.axis > 0, input.axis < shape.rank else { throw .shape("\(pattern) has no axis \(input.axis)") }
        (shape[0], shape[input.axis]) = (rowCount, length)
        var rows = 0
        for slot in slots {
            guard let tensor = slot.inputs[input.position].tensor, tensor.elementType == pattern.elementType,
                tensor.elementType == input.elementType, tensor.shape.rank == shape.rank
            else { throw .shape("the inputs of the batch differ in kind") }
            for axis in 1..<shape.rank where axis != input.axis && tensor.shape[axis] != shape[axis] {
                throw .shape("the inputs of the batch differ: \(tensor.shape) and \(shape)")
            }
            guard tensor.shape[input.axis] <= length else {
                throw .shape("\(tensor.shape) is longer than the batch, which is \(shape)")
            }
            rows += tensor.shape[0]
        }
        guard rows == rowCount else { throw .shape("the batch has \(rows) rows, expected \(rowCount)") }
        let byteCount = try MutableTensor.byteCount(pattern.elementType, shape)
        let storage = try storage(input.position, byteCount, rowCount: rowCount)
        let target = MutableTensor(pattern.elementType, shape, storage: storage, at: 0)
        var offset = 0
        for slot in slots {
            guard let source = slot.inputs[input.position].tensor else { continue }
            // SAFETY: rows and lengths were compared, so that all sources together take as many bytes as the target.
            offset += unsafe PaddedTensor.write(source, to: target.baseAddress + offset, input, length: length)
        }
        meters.copiedBytes.add(UInt64(byteCount))
        if !input.isMask { meters.padded.add(UInt64(slots.reduce(0) { $0 + $1.batchSize * (length - $1.length) })) }
        return .tensor(target.finish())
    }
}

extension PaddingPlan {
    /// Cuts the outputs of requests that shared a batch to the length of each.
    ///
    /// - Throws: ``ComputeError`` with code `shape` for an output that is not as long as the batch.
    func cut(_ slots: [RequestSlot]) throws(ComputeError) {
        for slot in slots {
            for output in outputs {
                guard case .tensor(let tensor) = slot.outputs[output.position] else { continue }
                let cut = try PaddedTensor.cut(tensor, axes: output.axes, length: slot.length)
                slot.outputs[output.position] = .tensor(cut)
            }
        }
    }
}
