// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// The sizes of a right operand whose elements are codes of 4 or 8 bits: `(code - zero) * scale`.
///
/// Scales, and zero points that are not the same for all, differ by column and by block of the depth.
package struct CodedMatrix: Sendable, Hashable {
    /// How zero points are held.
    package enum ZeroPoints: String, Sendable {
        /// Half the range of codes for all: 8 or 128.
        case middle
        /// One byte for each block of a column.
        case bytes
        /// One float for each block of a column.
        case floats
    }

    /// The depth.
    package var k: Int
    /// The number of columns.
    package var n: Int
    /// The bits of a packed code: 4 or 8.
    package var bits: Int
    /// How many depths share a scale, at least 1.
    package var block: Int
    /// How zero points are held.
    package var zeroPoints: ZeroPoints

    /// Describes a matrix.
    package init(k: Int, n: Int, bits: Int, block: Int, zeroPoints: ZeroPoints = .middle) {
        precondition(k > 0 && n > 0 && block > 0 && (bits == 4 || bits == 8))
        self.k = k
        self.n = n
        self.bits = bits
        self.block = Swift.min(block, k)
        self.zeroPoints = zeroPoints
    }

    /// The number of blocks of a column.
    package var blockCount: Int { (k - 1) / block + 1 }

    func layout(width: Int) -> apus_nbits_layout {
        func byteCount(_ depth: Int) -> Int {
            let zeros = zeroPoints == .middle ? 0 : zeroPoints == .bytes ? 1 : 4
            return width * (4 + zeros + (bits == 4 ? (depth + 7) / 8 * 4 : depth))
        }
        let whole = byteCount(block)
        let rest = k - (blockCount - 1) * block
        return apus_nbits_layout(
            k: k, block: block, block_stride: whole, panel_stride: (blockCount - 1) * whole + byteCount(rest),
            bits: Int32(bits),
            zeros: zeroPoints == .middle
                ? APUS_NBITS_MIDDLE : zeroPoints == .bytes ? APUS_NBITS_BYTES : APUS_NBITS_FLOATS)
    }
}

/// Where the codes of a matrix lie, and the numbers that say what they stand for.
///
/// The element of a column and depth is at `column * columnStride + depth * depthStride`; its code is
/// `((stored + turn) & mask) + lift`, so that signed numbers become unsigned ones.
@safe
package struct CodedSource {
    /// The stored numbers, the first of a byte in its lowest bits.
    package var codes: UnsafePointer<UInt8>
    /// The bits a stored number takes: 2, 4 or 8.
    package var storedBits: Int
    /// The numbers from one column to the next.
    package var columnStride: Int
    /// The numbers from one depth to the next.
    package var depthStride: Int
    /// What is added to a stored number.
    package var turn = 0
    /// The bits kept of that.
    package var mask: Int
    /// What is added to what is kept.
    package var lift = 0
    /// A scale for each block of each column.
    package var scales: UnsafePointer<Float>
    /// Zero points of codes, lying like the scales; nil where all are the middle.
    package var zeroPoints: UnsafePointer<Float>?
    /// The scales from one column to the next.
    package var scaleColumnStride: Int
    /// The scales from one block to the next.
    package var scaleBlockStride: Int

    /// Describes numbers of some bits that lie in the order of the strides.
    package init(
        _ codes: UnsafePointer<UInt8>, storedBits: Int, columnStride: Int, depthStride: Int,
        scales: UnsafePointer<Float>, zeroPoints: UnsafePointer<Float>? = nil, scaleColumnStride: Int,
        scaleBlockStride: Int
    ) {
        // SAFETY: only kept here; the caller of the kernel vouches for the memory.
        unsafe self.codes = unsafe codes
        self.storedBits = storedBits
        self.columnStride = columnStride
        self.depthStride = depthStride
        mask = 1 << storedBits - 1
        unsafe self.scales = unsafe scales
        unsafe self.zeroPoints = unsafe zeroPoints
        self.scaleColumnStride = scaleColumnStride
        self.scaleBlockStride = scaleBlockStride
    }
}
