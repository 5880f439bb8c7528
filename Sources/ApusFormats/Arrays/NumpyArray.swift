// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Tensors as .npy files.
///
/// `bf16` is written as two raw bytes and 8-, 4- and 2-bit formats NumPy lacks as `u1` patterns; both are read
/// back when the element type that is wanted is given.
package enum NumpyArray {
    /// Reads a .npy file; `wanted` tells what raw bytes mean and is ignored where the file says it.
    ///
    /// - Throws: ``FormatError`` with any code.
    package static func decode(_ bytes: [UInt8], wanted: ElementType? = nil) throws(FormatError) -> Tensor {
        let (header, start) = try NumpyHeader.parse(bytes)
        let shape = Shape(header.shape)
        guard let count = try? shape.checkedElementCount() else {
            throw FormatError(.limit, "the shape \(shape) overflows")
        }
        let kind = try Kind(header.descriptor, wanted: wanted)
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: kind.width)
        guard !overflow, bytes.count - start == byteCount else {
            throw FormatError(
                .damaged,
                "\(header.descriptor)\(shape) needs \(overflow ? "too many" : String(byteCount)) bytes, "
                    + "the file has \(bytes.count - start)"
            )
        }
        guard kind.width > 0 || count <= 1 << 16 else {
            throw FormatError(.limit, "\(header.descriptor)\(shape) holds \(count) empty strings")
        }
        let order = header.isFortran && shape.rank > 1 && count > 0 ? fortranOrder(shape) : nil
        do {
            switch kind.content {
            case .characters, .bytes:
                var strings: [String] = []
                strings.reserveCapacity(count)
                for index in 0..<count {
                    let offset = start + (order?[index] ?? index) * kind.width
                    strings.append(try kind.text(bytes[offset..<offset + kind.width]))
                }
                return try Tensor(strings: strings, shape: shape)
            case .elements(let elementType):
                var tensor = try MutableTensor(elementType, shape)
                fill(&tensor, from: bytes, start, kind, order)
                return tensor.finish()
            }
        } catch let error as ComputeError {
            throw FormatError(.limit, error.message)
        } catch {
            throw FormatError(.damaged, "\(error)")
        }
    }

    /// The tensor as a .npy file.
    package static func encode(_ tensor: Tensor) -> [UInt8] {
        if tensor.elementType == .string { return encodeStrings(tensor) }
        let header = NumpyHeader(
            descriptor: descriptor(of: tensor.elementType), isFortran: false, shape: tensor.shape.dimensions)
        var bytes = header.encoded
        let span = tensor.bytes
        bytes.reserveCapacity(bytes.count + span.byteCount)
        for offset in 0..<span.byteCount {
            bytes.append(unsafe span.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        }
        return bytes
    }

    private static func encodeStrings(_ tensor: Tensor) -> [UInt8] {
        let width = max(1, tensor.strings.map { $0.unicodeScalars.count }.max() ?? 1)
        var bytes = NumpyHeader(descriptor: "<U\(width)", isFortran: false, shape: tensor.shape.dimensions).encoded
        for string in tensor.strings {
            var left = width
            for scalar in string.unicodeScalars {
                bytes.append(littleEndian: scalar.value)
                left -= 1
            }
            for _ in 0..<left { bytes.append(littleEndian: UInt32(0)) }
        }
        return bytes
    }

    private static func fill(
        _ tensor: inout MutableTensor, from bytes: [UInt8], _ start: Int, _ kind: Kind, _ order: [Int]?
    ) {
        let isTruth = tensor.elementType == .bool
        var target = tensor.mutableBytes
        let part = kind.partWidth
        var written = 0
        for index in 0..<(bytes.count - start) / kind.width {
            let offset = start + (order?[index] ?? index) * kind.width
            for byte in 0..<kind.width {
                let from = kind.isSwapped ? byte / part * part + (part - 1 - byte % part) : byte
                let value = bytes[offset + from]
                // SAFETY: the caller checked that the file holds exactly the bytes of the tensor.
                unsafe target.storeBytes(
                    of: isTruth ? (value == 0 ? 0 : 1) : value, toUncheckedByteOffset: written, as: UInt8.self)
                written += 1
            }
        }
    }

    /// Positions in the file by row-major index.
    private static func fortranOrder(_ shape: Shape) -> [Int] {
        var result = [Int](repeating: 0, count: shape.elementCount)
        var index = [Int](repeating: 0, count: shape.rank)
        var steps = [Int](repeating: 1, count: shape.rank)
        for axis in 1..<shape.rank { steps[axis] = steps[axis - 1] * shape[axis - 1] }
        for position in result.indices {
            var offset = 0
            for axis in index.indices { offset += index[axis] * steps[axis] }
            result[position] = offset
            for axis in index.indices.reversed() {
                index[axis] += 1
                if index[axis] < shape[axis] { break }
                index[axis] = 0
            }
        }
        return result
    }

    private static func descriptor(of elementType: ElementType) -> String {
        switch elementType {
        case .float32: "<f4"
        case .float64: "<f8"
        case .float16: "<f2"
        case .bfloat16: "<V2"
        case .int8: "|i1"
        case .int16: "<i2"
        case .int32: "<i4"
        case .int64: "<i8"
        case .uint16: "<u2"
        case .uint32: "<u4"
        case .uint64: "<u8"
        case .bool: "|b1"
        case .complex64: "<c8"
        case .complex128: "<c16"
        default: "|u1"
        }
    }
}

/// What a NumPy type descriptor means.
private struct Kind {
    enum Content {
        case elements(ElementType)
        case characters
        case bytes
    }

    var content: Content
    /// Bytes of one element in the file.
    var width: Int
    /// Bytes that are swapped together where the file is big-endian.
    var partWidth: Int
    var isSwapped: Bool

    init(_ descriptor: String, wanted: ElementType?) throws(FormatError) {
        let order = descriptor.first ?? "|"
        let code = descriptor.dropFirst()
        guard "<>=|".contains(order), let letter = code.first, let size = Int(code.dropFirst()),
            (0...1 << 24).contains(size)
        else { throw FormatError(.unsupported, "NumPy type '\(descriptor)' is not read") }
        isSwapped = order == ">"
        width = size
        partWidth = max(1, size)
        switch (letter, size) {
        case ("U", _):
            content = .characters
            width = size * 4
            partWidth = 4
        case ("S", _): content = .bytes
        case ("V", 2) where wanted == nil || wanted == .bfloat16: content = .elements(.bfloat16)
        default:
            guard let elementType = Kind.elementTypes["\(letter)\(size)"] ?? Kind.raw(letter, size, wanted) else {
                throw FormatError(.unsupported, "NumPy type '\(descriptor)' is not read")
            }
            let isPattern = elementType == .uint8 && Kind.hasBytePattern(wanted)
            content = .elements(isPattern ? wanted ?? .uint8 : elementType)
            if letter == "c" { partWidth = size / 2 }
        }
    }

    static let elementTypes: [String: ElementType] = [
        "f4": .float32, "f8": .float64, "f2": .float16, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
        "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .bool, "c8": .complex64, "c16": .complex128,
    ]

    static func raw(_ letter: Character, _ size: Int, _ wanted: ElementType?) -> ElementType? {
        letter == "V" && size == 1 && hasBytePattern(wanted) ? wanted : nil
    }

    static func hasBytePattern(_ wanted: ElementType?) -> Bool {
        guard let wanted, wanted.byteWidth == 1 else { return false }
        return wanted != .bool && wanted != .int8
    }

    func text(_ slice: ArraySlice<UInt8>) throws(FormatError) -> String {
        if case .bytes = content {
            let end = slice.lastIndex { $0 != 0 }.map { $0 + 1 } ?? slice.startIndex
            guard let text = String(validating: slice[slice.startIndex..<end], as: UTF8.self) else {
                throw FormatError(.damaged, "a byte string in the .npy file is not UTF-8")
            }
            return text
        }
        var scalars = String.UnicodeScalarView()
        for offset in stride(from: slice.startIndex, to: slice.endIndex, by: 4) {
            let parts = (0..<4).map { UInt32(slice[offset + (isSwapped ? 3 - $0 : $0)]) << UInt32(8 * $0) }
            let code = parts.reduce(0, |)
            guard let scalar = Unicode.Scalar(code) else {
                throw FormatError(.damaged, "a string in the .npy file is not Unicode")
            }
            scalars.append(scalar)
        }
        while scalars.last == "\0" { scalars.removeLast() }
        return String(scalars)
    }
}
