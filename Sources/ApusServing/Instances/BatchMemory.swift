// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTelemetry
import ApusTensors
import Glibc

/// The memory in which the inputs of a batch are put end to end, used again while nobody else holds it.
struct BatchMemory {
    private let maximumSize: Int
    let meters: VersionMeters
    private var storages: [TensorStorage?]

    init(inputCount: Int, maximumSize: Int, meters: VersionMeters) {
        self.maximumSize = max(1, maximumSize)
        self.meters = meters
        storages = [TensorStorage?](repeating: nil, count: inputCount)
    }

    /// The bytes that are held.
    var byteCount: Int { storages.reduce(0) { $0 &+ ($1?.byteCount ?? 0) } }

    /// One input of all requests, end to end along the first dimension; the very tensor where there is one request.
    ///
    /// - Throws: ``ComputeError`` when the requests' inputs do not fit together, or there is no memory.
    mutating func joined(_ position: Int, of slots: [RequestSlot], rowCount: Int) throws(ComputeError) -> Datum {
        guard let first = slots.first?.inputs[position], slots.count > 1 else {
            return slots.first?.inputs[position] ?? .none
        }
        guard case .tensor(let pattern) = first else {
            for slot in slots {
                if case .none = slot.inputs[position] { continue }
                throw .shape("an input is in some requests of the batch only")
            }
            return .none
        }
        var shape = pattern.shape
        guard shape.rank > 0 else { throw .shape("\(pattern) has no batch") }
        shape[0] = rowCount
        try check(position, of: slots, against: shape, pattern.elementType)
        if pattern.elementType == .string {
            var strings: [String] = []
            for slot in slots { strings += slot.inputs[position].tensor?.strings ?? [] }
            return .tensor(try Tensor(strings: strings, shape: shape))
        }
        return .tensor(try copied(position, of: slots, pattern.elementType, shape))
    }

    private func check(
        _ position: Int, of slots: [RequestSlot], against shape: Shape, _ elementType: ElementType
    ) throws(ComputeError) {
        var rowCount = 0
        for slot in slots {
            guard let tensor = slot.inputs[position].tensor, tensor.elementType == elementType,
                tensor.shape.rank == shape.rank
            else { throw .shape("the inputs of the batch differ in kind") }
            for axis in 1..<shape.rank where tensor.shape[axis] != shape[axis] {
                throw .shape("the inputs of the batch differ: \(tensor.shape) and \(shape)")
            }
            rowCount += tensor.shape[0]
        }
        guard rowCount == shape[0] else { throw .shape("the batch has \(rowCount) rows, expected \(shape[0])") }
    }

    private mutating func copied(
        _ position: Int, of slots: [RequestSlot], _ elementType: ElementType, _ shape: Shape
    ) throws(ComputeError) -> Tensor {
        if let whole = Self.whole(position, of: slots, elementType, shape) { return whole }
        let byteCount = try MutableTensor.byteCount(elementType, shape)
        let storage = try storage(position, byteCount, rowCount: shape[0])
        let target = MutableTensor(elementType, shape, storage: storage, at: 0)
        var offset = 0
        for slot in slots {
            guard let source = slot.inputs[position].tensor else { continue }
            // SAFETY: the rows were counted, so all sources together take as many bytes as the target has.
            unsafe _ = memcpy(target.baseAddress + offset, source.baseAddress, source.byteCount)
            offset += source.byteCount
        }
        meters.copiedBytes.add(UInt64(byteCount))
        return target.finish()
    }

    /// The inputs as one tensor where they lie end to end already, as the states of sequences that ran together do.
    private static func whole(
        _ position: Int, of slots: [RequestSlot], _ elementType: ElementType, _ shape: Shape
    ) -> Tensor? {
        guard let first = slots.first?.inputs[position].tensor else { return nil }
        var end = first.byteOffset
        for slot in slots {
            guard let tensor = slot.inputs[position].tensor, tensor.storage === first.storage,
                tensor.byteOffset == end
            else { return nil }
            end += tensor.byteCount
        }
        return try? Tensor(elementType, shape, storage: first.storage, byteOffset: first.byteOffset)
    }

    /// Memory nobody else holds: that of the last time, or new memory for the largest batch.
    mutating func storage(
        _ position: Int, _ byteCount: Int, rowCount: Int
    ) throws(ComputeError) -> TensorStorage {
        if isKnownUniquelyReferenced(&storages[position]), let storage = storages[position],
            storage.byteCount >= byteCount
        {
            meters.reusedBuffers.add()
            return storage
        }
        storages[position] = nil
        let rowBytes = byteCount / max(1, rowCount)
        let (largest, overflow) = rowBytes.multipliedReportingOverflow(by: maximumSize)
        let storage = try TensorStorage(
            byteCount: overflow || largest > Self.mostSpare ? byteCount : max(largest, byteCount), zeroed: false,
            budget: nil)
        meters.newBuffers.add()
        storages[position] = storage
        return storage
    }

    /// The most bytes that are taken ahead for a batch that may never come.
    private static let mostSpare = 256 << 20
}
