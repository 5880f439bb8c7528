// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusServing
package import ApusTensors

extension JSONReader {
    /// Reads an array, flat or nested in any way, as the elements of a tensor; only leaves are counted.
    ///
    /// `count`: The number of elements of the shape, checked by the caller.
    /// `isBare` tells whether the only element stands without an array around it.
    /// - Throws: ``JSONError`` for elements that the datatype cannot hold, too few and too many.
    @_lifetime(self: copy self)
    package mutating func tensor(
        _ datatype: Datatype, _ shape: Shape, count: Int, isBare: Bool = false
    ) throws(JSONError) -> TensorData {
        switch datatype {
        case .bool: try numbers(shape, count, isBare, Bool.self)
        case .uint8: try numbers(shape, count, isBare, UInt8.self)
        case .uint16: try numbers(shape, count, isBare, UInt16.self)
        case .uint32: try numbers(shape, count, isBare, UInt32.self)
        case .uint64: try numbers(shape, count, isBare, UInt64.self)
        case .int8: try numbers(shape, count, isBare, Int8.self)
        case .int16: try numbers(shape, count, isBare, Int16.self)
        case .int32: try numbers(shape, count, isBare, Int32.self)
        case .int64: try numbers(shape, count, isBare, Int64.self)
        case .float16: try numbers(shape, count, isBare, Float16.self)
        case .float32: try numbers(shape, count, isBare, Float.self)
        case .float64: try numbers(shape, count, isBare, Double.self)
        case .bfloat16: try numbers(shape, count, isBare, BFloat16.self)
        case .bytes: try byteStrings(shape, count, isBare)
        }
    }

    @_lifetime(self: copy self)
    private mutating func numbers<Element: JSONElement>(
        _ shape: Shape, _ count: Int, _ isBare: Bool, _ type: Element.Type
    ) throws(JSONError) -> TensorData {
        // A leaf takes at least one byte of text, so a lie about the shape takes no memory.
        guard count <= bytes.count - position else { throw tooFew(count, shape, found: nil) }
        let found: Int
        var target: MutableTensor
        do throws(ComputeError) {
            target = try MutableTensor(Element.elementType, shape, uninitialized: ())
        } catch {
            throw failure(error.message)
        }
        // SAFETY: the tensor has room for `count` elements of this type, and its memory is aligned for it.
        let elements = unsafe UnsafeMutableBufferPointer(
            start: target.baseAddress.assumingMemoryBound(to: Element.self), count: count)
        found = try leaves(isBare) { reader, index throws(JSONError) in
            guard index < count else { throw reader.failure("more elements than the \(count) of shape \(shape)") }
            // SAFETY: the index is below the count.
            unsafe elements[index] = try Element.read(&reader)
        }
        guard found == count else { throw tooFew(count, shape, found: found) }
        return .tensor(target.finish())
    }

    /// Counts the leaves of nested arrays and passes over them.
    @_lifetime(self: copy self)
    mutating func leafCount() throws(JSONError) -> Int {
        try leaves(false) { reader, _ throws(JSONError) in try reader.skip() }
    }

    @_lifetime(self: copy self)
    private mutating func byteStrings(
        _ shape: Shape, _ count: Int, _ isBare: Bool
    ) throws(JSONError) -> TensorData {
        guard count <= bytes.count - position else { throw tooFew(count, shape, found: nil) }
        var contents: [UInt8] = []
        var ends: [Int] = []
        ends.reserveCapacity(count)
        let found = try leaves(isBare) { reader, index throws(JSONError) in
            guard index < count else { throw reader.failure("more elements than the \(count) of shape \(shape)") }
            try reader.stringBytes(into: &contents)
            ends.append(contents.count)
        }
        guard found == count else { throw tooFew(count, shape, found: found) }
        do throws(ServingError) {
            return .bytes(try ByteStrings(contents: contents, ends: ends, shape: shape))
        } catch {
            throw failure(error.message)
        }
    }

    private func tooFew(_ count: Int, _ shape: Shape, found: Int?) -> JSONError {
        failure("\(found.map(String.init) ?? "too few") elements, expected \(count) for shape \(shape)")
    }

    /// Walks the leaves of nested arrays and returns how many there were.
    ///
    /// `read`: Called at each leaf with its number; it must read the leaf.
    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func leaves(
        _ isBare: Bool, _ read: (inout JSONReader, Int) throws(JSONError) -> Void
    ) throws(JSONError) -> Int {
        if isBare {
            skipSpace()
            try read(&self, 0)
            return 1
        }
        var isFirst = true
        try beginArray()
        let outer = depth - 1
        var count = 0
        while true {
            skipSpace()
            switch next {
            case UInt8(ascii: "["):
                position &+= 1
                try open()
                isFirst = true
                continue
            case UInt8(ascii: "]") where isFirst: break
            default:
                try read(&self, count)
                count &+= 1
            }
            isFirst = false
            while true {
                skipSpace()
                if next == UInt8(ascii: ",") {
                    position &+= 1
                    break
                }
                guard next == UInt8(ascii: "]") else { throw failure("neither ',' nor ']' after an element") }
                position &+= 1
                close()
                if depth == outer { return count }
            }
        }
    }
}
