// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A matrix of quantised bytes somewhere in memory with any strides, counted in elements.
@safe
package struct ByteOperand {
    /// The first element.
    package var base: UnsafeRawPointer
    /// Whether the bytes are signed.
    package var isSigned: Bool
    /// The distance from one row to the next.
    package var rowStride: Int
    /// The distance from one column to the next.
    package var columnStride: Int

    /// Describes a matrix; without a column stride, rows are contiguous.
    package init(_ base: UnsafeRawPointer, isSigned: Bool, rowStride: Int, columnStride: Int = 1) {
        // SAFETY: the address is only kept; who reads there answers for it.
        unsafe self.base = unsafe base
        self.isSigned = isSigned
        self.rowStride = rowStride
        self.columnStride = columnStride
    }
}
