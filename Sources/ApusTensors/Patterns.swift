// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Elements seen as bare bit patterns of their width, for operators that only move them.
package protocol BitPattern: BitwiseCopyable, Sendable, Hashable {
    /// All bits 0: the zero of every numeric element type.
    static var zeroBits: Self { get }
}
extension UInt8: BitPattern {
    package static var zeroBits: UInt8 { 0 }
}
extension UInt16: BitPattern {
    package static var zeroBits: UInt16 { 0 }
}
extension UInt32: BitPattern {
    package static var zeroBits: UInt32 { 0 }
}
extension UInt64: BitPattern {
    package static var zeroBits: UInt64 { 0 }
}

/// Sixteen bytes, the pattern of a `c128`.
package struct Pattern128: BitPattern {
    package var low: UInt64 = 0
    package var high: UInt64 = 0
    package static var zeroBits: Pattern128 { Pattern128() }
}

extension Tensor {
    /// The elements as bit patterns of the same width.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when the widths differ.
    @_lifetime(borrow self)
    package func patterns<Pattern: BitPattern>(of type: Pattern.Type) throws(ComputeError) -> Span<Pattern> {
        guard elementType.byteWidth == MemoryLayout<Pattern>.size else {
            throw .elementType("\(elementType.name) is not \(MemoryLayout<Pattern>.size) bytes wide")
        }
        // SAFETY: init checked that the elements lie in the storage, which self keeps alive.
        let pointer = unsafe baseAddress.assumingMemoryBound(to: Pattern.self)
        let span = unsafe Span<Pattern>(_unsafeStart: pointer, count: elementCount)
        return unsafe _overrideLifetime(span, borrowing: self)
    }
}

extension MutableTensor {
    /// The elements as bit patterns of the same width, for writing.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` when the widths differ.
    @_lifetime(&self)
    package mutating func patterns<Pattern: BitPattern>(
        of type: Pattern.Type
    ) throws(ComputeError) -> MutableSpan<Pattern> {
        guard elementType.byteWidth == MemoryLayout<Pattern>.size else {
            throw .elementType("\(elementType.name) is not \(MemoryLayout<Pattern>.size) bytes wide")
        }
        // SAFETY: as in elements(of:).
        let pointer = unsafe baseAddress.assumingMemoryBound(to: Pattern.self)
        let span = unsafe MutableSpan<Pattern>(_unsafeStart: pointer, count: elementCount)
        return unsafe _overrideLifetime(span, mutating: &self)
    }
}
