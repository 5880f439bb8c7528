// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Tensors as nested JSON arrays of numbers, truth values or strings.
///
/// Element types narrower than a byte and the 8-bit floats are their bit patterns; complex numbers are pairs.
package enum JSONArray {
    /// Reads nested arrays; without a wanted element type whole numbers become `i64` and others `f32`.
    ///
    /// - Throws: ``FormatError`` with code `value` or `limit`, naming the element that does not fit.
    package static func decode(_ value: JSONValue, as wanted: ElementType? = nil) throws(FormatError) -> Tensor {
        var leaves: [JSONValue] = []
        let isComplex = wanted == .complex64 || wanted == .complex128
        var sizes = self.sizes(of: value)
        if isComplex {
            guard sizes.last == 2 else { throw FormatError(.value, "complex numbers are pairs [real, imaginary]") }
        }
        try flatten(value, sizes[...], into: &leaves)
        let elementType = wanted ?? guessed(leaves)
        if isComplex { sizes.removeLast() }
        do {
            return try tensor(leaves, elementType, Shape(sizes))
        } catch let error as FormatError {
            throw error
        } catch let error as ComputeError {
            throw FormatError(.limit, error.message)
        } catch {
            throw FormatError(.value, "\(error)")
        }
    }

    /// The elements as nested arrays.
    package static func encode(_ tensor: Tensor) -> JSONValue {
        var leaves = leaves(of: tensor)
        var sizes = tensor.shape.dimensions
        if leaves.count == 2 * tensor.elementCount, tensor.elementType.isComplex { sizes.append(2) }
        for size in sizes.dropFirst().reversed() {
            guard size > 0 else {
                leaves = []
                continue
            }
            leaves = stride(from: 0, to: leaves.count, by: size).map { .array(Array(leaves[$0..<$0 + size])) }
        }
        return sizes.isEmpty ? leaves.first ?? .null : .array(leaves)
    }

    /// The first elements in row-major order; a complex number is two of them.
    package static func flat(_ tensor: Tensor, limit: Int = .max) -> [JSONValue] { leaves(of: tensor, limit: limit) }

    private static func sizes(of value: JSONValue) -> [Int] {
        var sizes: [Int] = []
        var current = value
        while case .array(let elements) = current {
            sizes.append(elements.count)
            guard let first = elements.first else { break }
            current = first
        }
        return sizes
    }

    private static func flatten(
        _ value: JSONValue, _ sizes: ArraySlice<Int>, into leaves: inout [JSONValue]
    ) throws(FormatError) {
        guard let size = sizes.first else {
            if case .array = value { throw FormatError(.value, "the arrays are nested to different depths") }
            leaves.append(value)
            return
        }
        guard case .array(let elements) = value, elements.count == size else {
            throw FormatError(
                .value,
                "expected an array of \(size) elements, got \(value.array.map { String($0.count) } ?? value.kind)")
        }
        for element in elements { try flatten(element, sizes.dropFirst(), into: &leaves) }
    }

    private static func guessed(_ leaves: [JSONValue]) -> ElementType {
        if !leaves.isEmpty, leaves.allSatisfy({ if case .bool = $0 { true } else { false } }) { return .bool }
        if !leaves.isEmpty, leaves.allSatisfy({ $0.string != nil }) { return .string }
        if !leaves.isEmpty, leaves.allSatisfy({ if case .integer = $0 { true } else { false } }) { return .int64 }
        return .float32
    }

    private static func tensor(_ leaves: [JSONValue], _ elementType: ElementType, _ shape: Shape) throws -> Tensor {
        switch elementType {
        case .float32: return try Tensor(try leaves.map { Float(try number($0)) }, shape: shape)
        case .float64: return try Tensor(try leaves.map { try number($0) }, shape: shape)
        case .float16: return try Tensor(try leaves.map { Float16(try number($0)) }, shape: shape)
        case .bfloat16: return try Tensor(try leaves.map { BFloat16(Float(try number($0))) }, shape: shape)
        case .int8: return try Tensor(try leaves.map { try whole($0, Int8.self) }, shape: shape)
        case .int16: return try Tensor(try leaves.map { try whole($0, Int16.self) }, shape: shape)
        case .int32: return try Tensor(try leaves.map { try whole($0, Int32.self) }, shape: shape)
        case .int64: return try Tensor(try leaves.map { try whole($0, Int64.self) }, shape: shape)
        case .uint8: return try Tensor(try leaves.map { try whole($0, UInt8.self) }, shape: shape)
        case .uint16: return try Tensor(try leaves.map { try whole($0, UInt16.self) }, shape: shape)
        case .uint32: return try Tensor(try leaves.map { try whole($0, UInt32.self) }, shape: shape)
        case .uint64: return try Tensor(try leaves.map { try whole($0, UInt64.self) }, shape: shape)
        case .bool: return try Tensor(try leaves.map(truth), shape: shape)
        case .string: return try Tensor(strings: try leaves.map(string), shape: shape)
        case .complex64:
            let parts = try leaves.map { Float(try number($0)) }
            let pairs = stride(from: 0, to: parts.count - 1, by: 2).map { Complex64(parts[$0], parts[$0 + 1]) }
            return try Tensor(pairs, shape: shape)
        case .complex128:
            let parts = try leaves.map { try number($0) }
            let pairs = stride(from: 0, to: parts.count - 1, by: 2).map { Complex128(parts[$0], parts[$0 + 1]) }
            return try Tensor(pairs, shape: shape)
        default:
            let patterns = try leaves.map { try whole($0, UInt8.self) }
            let limit = 1 << elementType.storedBitWidth
            guard let excess = patterns.first(where: { $0 >= limit }) else {
                return try RawArray.decode(patterns, elementType, shape: shape.dimensions)
            }
            throw FormatError(.value, "\(excess) is not a bit pattern of \(elementType.name)")
        }
    }

    private static func number(_ value: JSONValue) throws(FormatError) -> Double {
        guard let number = value.double else { throw FormatError(.value, "expected a number, got \(value.kind)") }
        return number
    }

    private static func whole<Element: FixedWidthInteger>(
        _ value: JSONValue, _ type: Element.Type
    ) throws(FormatError) -> Element {
        let result: Element? =
            switch value {
            case .integer(let integer): Element(exactly: integer)
            case .number(let number): Element(exactly: number)
            default: nil
            }
        guard let result else {
            throw FormatError(.value, "\(value.text()) is not a whole number of type \(Element.self)")
        }
        return result
    }

    private static func truth(_ value: JSONValue) throws(FormatError) -> Bool {
        switch value {
        case .bool(let truth): return truth
        case .integer(0): return false
        case .integer(1): return true
        default: throw FormatError(.value, "expected true or false, got \(value.text())")
        }
    }

    private static func string(_ value: JSONValue) throws(FormatError) -> String {
        guard let string = value.string else { throw FormatError(.value, "expected a string, got \(value.kind)") }
        return string
    }

    private static func leaves(of tensor: Tensor, limit: Int = .max) -> [JSONValue] {
        switch tensor.elementType {
        case .float32: values(tensor, Float.self, limit) { .number(Double("\($0)") ?? Double($0)) }
        case .float64: values(tensor, Double.self, limit) { .number($0) }
        case .float16: values(tensor, Float16.self, limit) { .number(Double("\($0)") ?? Double($0)) }
        case .bfloat16: values(tensor, BFloat16.self, limit) { .number(Double($0.float)) }
        case .int8: values(tensor, Int8.self, limit) { .integer(Int64($0)) }
        case .int16: values(tensor, Int16.self, limit) { .integer(Int64($0)) }
        case .int32: values(tensor, Int32.self, limit) { .integer(Int64($0)) }
        case .int64: values(tensor, Int64.self, limit) { .integer($0) }
        case .uint16: values(tensor, UInt16.self, limit) { .integer(Int64($0)) }
        case .uint32: values(tensor, UInt32.self, limit) { .integer(Int64($0)) }
        case .uint64:
            values(tensor, UInt64.self, limit) { Int64(exactly: $0).map { .integer($0) } ?? .number(Double($0)) }
        case .bool: values(tensor, Bool.self, limit) { .bool($0) }
        case .string: tensor.strings.prefix(limit).map { .string($0) }
        case .complex64:
            values(tensor, Complex64.self, limit) { .array([.number(Double($0.real)), .number(Double($0.imaginary))]) }
                .flatMap { $0.array ?? [] }
        case .complex128:
            values(tensor, Complex128.self, limit) { .array([.number($0.real), .number($0.imaginary)]) }.flatMap {
                $0.array ?? []
            }
        default: (try? patterns(of: tensor, limit)) ?? []
        }
    }

    private static func patterns(of tensor: Tensor, _ limit: Int) throws(ComputeError) -> [JSONValue] {
        let span = try tensor.patterns(of: UInt8.self)
        return span.indices.prefix(limit).map { .integer(Int64(span[$0])) }
    }

    private static func values<Element: TensorElement>(
        _ tensor: Tensor, _ type: Element.Type, _ limit: Int, _ convert: (Element) -> JSONValue
    ) -> [JSONValue] {
        guard let array = try? tensor.array(of: Element.self) else { return [] }
        return array.prefix(limit).map(convert)
    }
}

extension ElementType {
    /// Whether elements are complex numbers.
    package var isComplex: Bool { self == .complex64 || self == .complex128 }
}
