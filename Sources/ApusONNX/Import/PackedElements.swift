// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Elements as a file stores them: little-endian, those narrower than a byte side by side.
struct PackedElements {
    let elementType: ElementType
    let count: Int

    /// The bytes the elements take in the file.
    func byteCount() throws(ImportError) -> Int {
        let (bits, overflow) = count.multipliedReportingOverflow(by: elementType.storedBitWidth)
        guard !overflow, bits <= Int.max - 7 else { throw ImportError(.limit, "\(count) elements are too many") }
        return (bits + 7) / 8
    }

    /// The tensor at a range that holds exactly ``byteCount()`` bytes; copies only what cannot be read in place.
    func tensor(
        _ storage: TensorStorage, _ range: Range<Int>, _ shape: Shape, _ byteOffset: Int
    ) throws(ImportError) -> Tensor {
        try computing(byteOffset) { () throws(ComputeError) in
            if elementType.storedBitWidth < 8 { return try unpacked(storage, range, shape) }
            if elementType == .bool { return try normalised(storage, range, shape) }
            let tensor = try Tensor(elementType, shape, storage: storage, byteOffset: range.lowerBound)
            return tensor.isAligned ? tensor : try copied(tensor)
        }
    }

    private func copied(_ tensor: Tensor) throws(ComputeError) -> Tensor {
        try Tensor(elementType, tensor.shape, storage: TensorStorage(copying: tensor.bytes))
    }

    private func normalised(
        _ storage: TensorStorage, _ range: Range<Int>, _ shape: Shape
    ) throws(ComputeError) -> Tensor {
        let source = storage.bytes
        guard range.contains(where: { source[$0] > 1 }) else {
            return try Tensor(.bool, shape, storage: storage, byteOffset: range.lowerBound)
        }
        var result = try MutableTensor(.bool, shape)
        var target = try result.patterns(of: UInt8.self)
        for index in 0..<count { target[index] = source[range.lowerBound + index] == 0 ? 0 : 1 }
        return result.finish()
    }

    private func unpacked(
        _ storage: TensorStorage, _ range: Range<Int>, _ shape: Shape
    ) throws(ComputeError) -> Tensor {
        let source = storage.bytes
        let width = elementType.storedBitWidth
        let mask = UInt16(truncatingIfNeeded: (1 << width) - 1)
        var result = try MutableTensor(elementType, shape)
        var target = try result.patterns(of: UInt8.self)
        for index in 0..<count {
            let (byte, shift) = (width * index).quotientAndRemainder(dividingBy: 8)
            var bits = UInt16(source[range.lowerBound + byte])
            if shift + width > 8 { bits |= UInt16(source[range.lowerBound + byte + 1]) << 8 }
            target[index] = UInt8(truncatingIfNeeded: bits >> UInt16(shift) & mask)
        }
        return result.finish()
    }
}
