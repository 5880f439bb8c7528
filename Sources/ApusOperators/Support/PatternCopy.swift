// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors
import Glibc

/// The two innermost axes of a block and the memory they lie in, in bytes.
struct CopyPlane {
    var rows: Block.Axis
    var columns: Block.Axis

    init(_ axes: ShortList<Block.Axis>) {
        columns = axes.count > 0 ? axes[axes.count - 1] : Block.Axis()
        rows = axes.count > 1 ? axes[axes.count - 2] : Block.Axis()
    }

    /// Copies patterns of one width.
    ///
    /// Both pointers must reach every element of the plane.
    @unsafe
    func copy<Pattern: BitPattern>(
        _ type: Pattern.Type, from source: UnsafeRawPointer, to target: UnsafeMutablePointer<Pattern>
    ) {
        let width = MemoryLayout<Pattern>.size
        if columns.source == 1, columns.target == 1, columns.size * width >= 32 {
            for row in 0..<rows.size {
                // SAFETY: the caller's promise.
                unsafe memcpy(
                    target + row &* rows.target, source + row &* rows.source &* width, columns.size &* width)
            }
        } else if columns.source == 0, columns.target == 1 {
            for row in 0..<rows.size {
                // SAFETY: the caller's promise.
                let value = unsafe source.loadUnaligned(fromByteOffset: row &* rows.source &* width, as: Pattern.self)
                unsafe (target + row &* rows.target).update(repeating: value, count: columns.size)
            }
        } else if rows.source == 1, columns.source != 1 {
            unsafe copyTiled(type, from: source, to: target)
        } else {
            for row in 0..<rows.size {
                // SAFETY: the caller's promise.
                let from = unsafe source + row &* rows.source &* width
                let to = unsafe target + row &* rows.target
                for column in 0..<columns.size {
                    unsafe to[column &* columns.target] = from.loadUnaligned(
                        fromByteOffset: column &* columns.source &* width, as: Pattern.self)
                }
            }
        }
    }

    /// A transposition: square tiles keep both sides in the cache.
    @unsafe
    private func copyTiled<Pattern: BitPattern>(
        _ type: Pattern.Type, from source: UnsafeRawPointer, to target: UnsafeMutablePointer<Pattern>
    ) {
        let width = MemoryLayout<Pattern>.size
        let edge = 16
        for firstRow in stride(from: 0, to: rows.size, by: edge) {
            let lastRow = min(firstRow + edge, rows.size)
            for firstColumn in stride(from: 0, to: columns.size, by: edge) {
                let lastColumn = min(firstColumn + edge, columns.size)
                for row in firstRow..<lastRow {
                    // SAFETY: the caller's promise.
                    let from = unsafe source + row &* width
                    let to = unsafe target + row &* rows.target
                    for column in firstColumn..<lastColumn {
                        unsafe to[column &* columns.target] = from.loadUnaligned(
                            fromByteOffset: column &* columns.source &* width, as: Pattern.self)
                    }
                }
            }
        }
    }
}
