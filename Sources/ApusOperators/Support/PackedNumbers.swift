// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Unsigned numbers of 2, 4 or 8 bits packed into bytes, the first in the lowest bits.
package struct PackedNumbers: Sendable {
    private let bytes: [UInt8]
    private let bits: Int

    /// - Throws: ``ComputeError`` with code `elementType` unless the tensor holds `u8`.
    package init(_ tensor: Tensor, bits: Int) throws(ComputeError) {
        bytes = try tensor.array(of: UInt8.self)
        self.bits = bits
    }

    /// The numbers in a byte.
    package var perByte: Int { 8 / bits }

    /// The number at a place counted from the start of a byte.
    @inline(__always)
    package func value(byte: Int, _ place: Int) -> Int32 {
        let position = place &* bits
        return Int32(bytes[byte &+ position >> 3] >> UInt8(position & 7)) & (1 << Int32(bits) &- 1)
    }

    /// The number of bytes.
    package var byteCount: Int { bytes.count }
}
