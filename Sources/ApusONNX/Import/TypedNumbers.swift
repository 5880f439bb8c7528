// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// The elements of a tensor that lie in one of the typed fields (`float_data`, `int32_data` and so on).
struct TypedNumbers {
    let source: TensorStorage
    let message: TensorMessage
    let elementType: ElementType
    let shape: Shape
    let count: Int

    private func runs(_ field: Int) -> [Range<Int>] { message.numbers[field] ?? [] }

    private func wrongCount(_ found: Int, _ expected: Int) -> ImportError {
        ImportError(
            .tensor, "\(elementType.name)\(shape) takes \(expected) numbers, \(found) are there", at: message.byteOffset
        )
    }

    func tensor() throws(ImportError) -> Tensor {
        switch elementType {
        case .float32, .complex64: return try fixed(runs(TensorMessage.floatField))
        case .float64, .complex128: return try fixed(runs(TensorMessage.doubleField))
        case .int64: return try varints(runs(TensorMessage.int64Field), UInt64.self)
        case .uint64: return try varints(runs(TensorMessage.uint64Field), UInt64.self)
        case .uint32: return try varints(runs(TensorMessage.uint64Field), UInt32.self)
        case .int32: return try varints(runs(TensorMessage.int32Field), UInt32.self)
        case .int16, .uint16, .float16, .bfloat16: return try varints(runs(TensorMessage.int32Field), UInt16.self)
        case .bool: return try varints(runs(TensorMessage.int32Field), UInt8.self) { $0 == 0 ? 0 : 1 }
        case .int8, .uint8, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0:
            return try varints(runs(TensorMessage.int32Field), UInt8.self)
        case .float6E2M3, .float6E3M2: return try varints(runs(TensorMessage.int32Field), UInt8.self) { $0 & 0x3F }
        case .int4, .uint4, .float4E2M1, .int2, .uint2: return try narrow(runs(TensorMessage.int32Field))
        case .string: throw ImportError(.tensor, "strings are no numbers", at: message.byteOffset)
        }
    }

    /// Floats and doubles lie as they do in memory, so one aligned run is used in place.
    private func fixed(_ runs: [Range<Int>]) throws(ImportError) -> Tensor {
        let stored = PackedElements(elementType: elementType, count: count)
        let expected = try stored.byteCount()
        let found = runs.reduce(0) { $0 + $1.count }
        guard found == expected else { throw wrongCount(found / elementType.byteWidth, count) }
        if runs.count == 1 { return try stored.tensor(source, runs[0], shape, message.byteOffset) }
        let bytes = source.bytes
        return try computing(message.byteOffset) { () throws(ComputeError) in
            var result = try MutableTensor(elementType, shape)
            var target = result.mutableBytes
            var position = 0
            for run in runs {
                for index in run {
                    target.storeBytes(of: bytes[index], toByteOffset: position, as: UInt8.self)
                    position += 1
                }
            }
            return result.finish()
        }
    }

    private func varints<Pattern: BitPattern & FixedWidthInteger & UnsignedInteger>(
        _ runs: [Range<Int>], _ type: Pattern.Type, _ convert: (Pattern) -> Pattern = { $0 }
    ) throws(ImportError) -> Tensor {
        guard count <= runs.reduce(0, { $0 + $1.count }) else { throw wrongCount(0, count) }
        var patterns: [Pattern] = []
        patterns.reserveCapacity(count)
        for run in runs {
            var reader = WireReader(source.bytes, run)
            while !reader.isAtEnd {
                patterns.append(convert(Pattern(truncatingIfNeeded: try reader.varint())))
            }
        }
        guard patterns.count == count else { throw wrongCount(patterns.count, count) }
        return try computing(message.byteOffset) { () throws(ComputeError) in
            var result = try MutableTensor(elementType, shape)
            var target = try result.patterns(of: Pattern.self)
            for index in patterns.indices { target[index] = patterns[index] }
            return result.finish()
        }
    }

    /// Each number is one byte that holds several elements.
    private func narrow(_ runs: [Range<Int>]) throws(ImportError) -> Tensor {
        let stored = PackedElements(elementType: elementType, count: count)
        let expected = try stored.byteCount()
        var bytes: [UInt8] = []
        for run in runs {
            var reader = WireReader(source.bytes, run)
            while !reader.isAtEnd { bytes.append(UInt8(truncatingIfNeeded: try reader.varint())) }
        }
        guard bytes.count == expected else { throw wrongCount(bytes.count, expected) }
        let storage = try computing(message.byteOffset) { () throws(ComputeError) in
            try TensorStorage(copying: bytes.span)
        }
        return try stored.tensor(storage, storage.wholeRange, shape, message.byteOffset)
    }
}
