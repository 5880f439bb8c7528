// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// Reads files of single values: `TensorProto`, `SequenceProto`, `MapProto`, `OptionalProto`.
struct DatumReader {
    let source: TensorStorage
    let options: ImportOptions

    private static let deepest = 16
    private var reader: TensorReader { TensorReader(source: source, external: nil, options: options) }

    func datum(_ range: Range<Int>, as type: ValueType?) throws(ImportError) -> Datum {
        switch type {
        case .tensor, .unknown, nil: try tensor(range)
        case .sequence: try sequence(range, 0)
        case .map: .map(try map(range, 0))
        case .optional: try optional(range, 0)
        }
    }

    private func tensor(_ range: Range<Int>) throws(ImportError) -> Datum {
        .tensor(try reader.tensor(TensorMessage(range, in: source)))
    }

    private func sparse(_ range: Range<Int>) throws(ImportError) -> Datum {
        .tensor(try reader.sparse(SparseTensorMessage(range, in: source)))
    }

    private func check(_ depth: Int, _ range: Range<Int>) throws(ImportError) {
        guard depth < DatumReader.deepest else {
            throw ImportError(.limit, "values are nested too deeply", at: range.lowerBound)
        }
    }

    private func sequence(_ range: Range<Int>, _ depth: Int) throws(ImportError) -> Datum {
        try check(depth, range)
        var elements: [Datum] = []
        var wire = WireReader(source.bytes, range)
        while let field = try wire.next() {
            if let element = try element(field, depth) { elements.append(element) }
        }
        return .sequence(elements)
    }

    private func optional(_ range: Range<Int>, _ depth: Int) throws(ImportError) -> Datum {
        try check(depth, range)
        var content = Datum.none
        var kind: Int64?
        var wire = WireReader(source.bytes, range)
        while let field = try wire.next() {
            if field.number == 2 {
                kind = try field.integer()
            } else if let element = try element(field, depth) {
                content = element
            }
        }
        return kind == 0 ? .none : content
    }

    /// The fields that sequences and optionals have in common.
    private func element(_ field: WireField, _ depth: Int) throws(ImportError) -> Datum? {
        switch field.number {
        case 3: try tensor(field.message())
        case 4: try sparse(field.message())
        case 5: try sequence(field.message(), depth + 1)
        case 6: .map(try map(field.message(), depth + 1))
        case 7: try optional(field.message(), depth + 1)
        default: nil
        }
    }

    private func map(_ range: Range<Int>, _ depth: Int) throws(ImportError) -> TensorMap {
        try check(depth, range)
        var keyType: Int64 = 0
        var integers: [Int64] = []
        var strings: [String] = []
        var values = Datum.sequence([])
        var wire = WireReader(source.bytes, range)
        while let field = try wire.next() {
            switch field.number {
            case 2: keyType = try field.integer()
            case 3: integers += try field.integers(in: source)
            case 4: strings.append(try field.string(in: source))
            case 5: values = try sequence(field.message(), depth + 1)
            default: continue
            }
        }
        let isText = keyType == Int64(ElementType.string.rawValue)
        let keys = try computing(range.lowerBound) { () throws(ComputeError) in
            isText
                ? try Tensor(strings: strings, shape: [strings.count]) : try Tensor(integers, shape: [integers.count])
        }
        let rows = try MapRows(values, at: range.lowerBound).tensor()
        guard rows.shape.rank > 0, rows.shape[0] == keys.elementCount else {
            throw ImportError(
                .tensor, "a map has \(keys.elementCount) keys for values \(rows)", at: range.lowerBound)
        }
        return TensorMap(keys: keys, values: rows)
    }
}

/// Stacks the values of a map into one tensor.
struct MapRows {
    private let rows: [Tensor]
    private let byteOffset: Int

    init(_ values: Datum, at byteOffset: Int) throws(ImportError) {
        var rows: [Tensor] = []
        if case .sequence(let elements) = values { rows = elements.compactMap(\.tensor) }
        guard let first = rows.first, first.elementType != .string,
            rows.allSatisfy({ $0.elementType == first.elementType && $0.shape == first.shape })
        else {
            throw ImportError(.unsupported, "the values of a map are not tensors of one shape", at: byteOffset)
        }
        self.rows = rows
        self.byteOffset = byteOffset
    }

    func tensor() throws(ImportError) -> Tensor {
        try computing(byteOffset) { () throws(ComputeError) in
            var result = try MutableTensor(rows[0].elementType, Shape([rows.count] + rows[0].shape.dimensions))
            var target = result.mutableBytes
            var position = 0
            for row in rows {
                let source = row.bytes
                for index in 0..<source.byteCount {
                    // SAFETY: bytes of any value are valid, and the index lies in the tensor.
                    let byte = unsafe source.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                    target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
                    position += 1
                }
            }
            return result.finish()
        }
    }
}
