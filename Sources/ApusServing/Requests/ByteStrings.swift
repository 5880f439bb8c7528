// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// The elements of a BYTES tensor: arbitrary bytes, which need not be UTF-8.
///
/// The engine's strings are text. A request therefore carries BYTES in this form, and the core makes a string tensor of
/// it when the model takes text, refusing elements that are not UTF-8 and naming the first; a model that would take raw
/// bytes gets them as they came. Nothing is ever repaired on the way.
package struct ByteStrings: Sendable, Hashable {
    /// The sizes, outermost first.
    package let shape: Shape
    /// All elements, one after the other, without lengths between.
    package let contents: [UInt8]
    /// Where each element ends in the contents.
    package let ends: [Int]

    /// The number of elements.
    package var count: Int { ends.count }

    /// The bytes of one element, by its position in row-major order.
    package subscript(position: Int) -> ArraySlice<UInt8> {
        contents[(position == 0 ? 0 : ends[position - 1])..<ends[position]]
    }

    /// Makes a tensor of the given elements.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` when they do not fill the shape.
    package init(_ elements: [[UInt8]], shape: Shape) throws(ServingError) {
        var contents: [UInt8] = []
        var ends: [Int] = []
        ends.reserveCapacity(elements.count)
        for element in elements {
            contents.append(contentsOf: element)
            ends.append(contents.count)
        }
        try self.init(contents: contents, ends: ends, shape: shape)
    }

    /// Reads the wire form: for each element its length as four bytes, the lowest first, and then its bytes.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` when the bytes end early, go on, or do not fill the
    ///   shape.
    package init(wire: Span<UInt8>, shape: Shape) throws(ServingError) {
        var contents: [UInt8] = []
        var ends: [Int] = []
        contents.reserveCapacity(wire.count)
        var position = 0
        while position < wire.count {
            guard wire.count - position >= 4 else {
                throw ServingError(
                    .invalidArgument,
                    "element \(ends.count) of a BYTES tensor has no complete length: \(wire.count - position) "
                        + "bytes are left, expected 4")
            }
            var length = 0
            for byte in 0..<4 {
                length |= Int(wire[position + byte]) << (8 * byte)
            }
            position += 4
            guard length <= wire.count - position else {
                throw ServingError(
                    .invalidArgument,
                    "element \(ends.count) of a BYTES tensor has \(length) bytes, but \(wire.count - position) "
                        + "are left")
            }
            // SAFETY: the buffer is read within the call only, and extracting checked the range.
            unsafe wire.extracting(position..<position + length).withUnsafeBufferPointer { element in
                unsafe contents.append(contentsOf: element)
            }
            position += length
            ends.append(contents.count)
        }
        try self.init(contents: contents, ends: ends, shape: shape)
    }

    /// Makes a tensor of contents and the ascending places where each element ends.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` when they do not fill the shape.
    package init(contents: [UInt8], ends: [Int], shape: Shape) throws(ServingError) {
        let count: Int
        do throws(ComputeError) { count = try shape.checkedElementCount() } catch {
            throw ServingError(.invalidArgument, error.message)
        }
        guard count == ends.count else {
            throw ServingError(
                .invalidArgument, "a BYTES tensor of shape \(shape) has \(ends.count) elements, expected \(count)")
        }
        self.contents = contents
        self.ends = ends
        self.shape = shape
    }

    /// The elements as text.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that tells the first element that is not UTF-8.
    package func text() throws(ServingError) -> Tensor {
        var strings: [String] = []
        strings.reserveCapacity(count)
        for position in 0..<count {
            guard let string = String(validating: self[position], as: UTF8.self) else {
                throw ServingError(.invalidArgument, "element \(position) is not UTF-8, expected text")
            }
            strings.append(string)
        }
        do throws(ComputeError) {
            return try Tensor(strings: strings, shape: shape)
        } catch {
            throw ServingError(.invalidArgument, error.message)
        }
    }

    /// The bytes that the wire form of text takes.
    package static func wireByteCount(of strings: [String]) -> Int {
        strings.reduce(0) { $0 + 4 + $1.utf8.count }
    }

    /// Adds the wire form of text to a buffer.
    ///
    /// - Throws: ``ServingError`` with code `internal` for an element of 4 GiB or more.
    package static func appendWire(_ strings: [String], to buffer: inout [UInt8]) throws(ServingError) {
        for string in strings {
            guard let length = UInt32(exactly: string.utf8.count) else {
                throw ServingError(.internal, "a string of \(string.utf8.count) bytes is too long for the wire")
            }
            for byte in 0..<4 { buffer.append(UInt8(truncatingIfNeeded: length >> (8 * UInt32(byte)))) }
            buffer.append(contentsOf: string.utf8)
        }
    }
}
