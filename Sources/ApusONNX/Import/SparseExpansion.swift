// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// Writes a sparse tensor out in full.
struct SparseExpansion {
    let reader: TensorReader
    let message: SparseTensorMessage

    private func refuse(_ text: String) -> ImportError {
        ImportError(.tensor, "a sparse tensor: " + text, at: message.byteOffset)
    }

    func tensor() throws(ImportError) -> Tensor {
        guard let valuesMessage = message.values, let indicesMessage = message.indices else {
            throw refuse("values or indices are missing")
        }
        let values = try reader.tensor(valuesMessage)
        let indices = try reader.tensor(indicesMessage)
        let shape = Shape(message.dimensions.map { Int($0) })
        let byteCount = try computing(message.byteOffset) { () throws(ComputeError) in
            try MutableTensor.byteCount(values.elementType, shape)
        }
        guard byteCount <= reader.options.expansionLimitBytes else {
            throw ImportError(.limit, "a sparse tensor takes \(byteCount) bytes in full", at: message.byteOffset)
        }
        guard values.elementType != .string, values.shape.rank == 1 else {
            throw refuse("the values are \(values), expected a list of numbers")
        }
        let positions = try positions(indices, shape, count: values.elementCount)
        return try computing(message.byteOffset) { () throws(ComputeError) in
            var result = try MutableTensor(values.elementType, shape)
            let width = values.elementType.byteWidth
            let source = values.bytes
            var target = result.mutableBytes
            for (index, position) in positions.enumerated() {
                for byte in 0..<width {
                    // SAFETY: bytes of any value are valid, and both offsets lie in the tensors.
                    let value = unsafe source.unsafeLoad(fromByteOffset: index * width + byte, as: UInt8.self)
                    target.storeBytes(of: value, toByteOffset: position * width + byte, as: UInt8.self)
                }
            }
            return result.finish()
        }
    }

    private func positions(_ indices: Tensor, _ shape: Shape, count: Int) throws(ImportError) -> [Int] {
        guard indices.elementType == .int64 else { throw refuse("the indices are \(indices), expected i64") }
        let numbers = try computing(message.byteOffset) { () throws(ComputeError) in try indices.integers() }
        let total = shape.elementCount
        if indices.shape == [count] {
            guard numbers.allSatisfy({ $0 >= 0 && $0 < total }) else { throw refuse("an index is outside \(shape)") }
            return numbers
        }
        guard indices.shape == [count, shape.rank] else {
            throw refuse("the indices are \(indices) for \(count) values in \(shape)")
        }
        var result: [Int] = []
        for row in 0..<count {
            var position = 0
            for axis in 0..<shape.rank {
                let index = numbers[row * shape.rank + axis]
                guard index >= 0, index < shape[axis] else { throw refuse("an index is outside \(shape)") }
                position = position * shape[axis] + index
            }
            result.append(position)
        }
        return result
    }
}
