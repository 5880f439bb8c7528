// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A matrix of floats somewhere in memory with any strides, counted in elements.
@safe
package struct MatrixOperand {
    /// The first element.
    package var base: UnsafePointer<Float>
    /// The distance from one row to the next.
    package var rowStride: Int
    /// The distance from one column to the next.
    package var columnStride: Int

    /// Describes a matrix; without a column stride, rows are contiguous.
    package init(_ base: UnsafePointer<Float>, rowStride: Int, columnStride: Int = 1) {
        unsafe self.base = unsafe base
        self.rowStride = rowStride
        self.columnStride = columnStride
    }
}

extension MatrixOperand {
    func advanced(by offset: Int) -> MatrixOperand {
        // SAFETY: the caller of the kernel vouches for the offset.
        unsafe MatrixOperand(base + offset, rowStride: rowStride, columnStride: columnStride)
    }
}
