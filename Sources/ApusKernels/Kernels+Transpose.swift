// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Transposes a matrix of 1-, 2-, 4- or 8-byte elements; strides count elements.
    package func transpose(
        rows: Int, columns: Int, elementByteCount: Int, _ x: UnsafeRawPointer, rowStride: Int,
        into y: UnsafeMutableRawPointer, targetRowStride: Int
    ) {
        guard rows > 0, columns > 0 else { return }
        let block = 64
        spreadItems((rows + block - 1) / block, cost: block * columns) { blocks in
            let range = blocks.lowerBound * block..<Swift.min(rows, blocks.upperBound * block)
            // SAFETY: the caller's matrices have the rows and columns given, and no two blocks share a row.
            switch elementByteCount {
            case 1: unsafe turn(UInt8.self, range, columns, x, rowStride, y, targetRowStride)
            case 2: unsafe turn(UInt16.self, range, columns, x, rowStride, y, targetRowStride)
            case 4: unsafe turnFloats(range, columns, x, rowStride, y, targetRowStride)
            case 8: unsafe turn(UInt64.self, range, columns, x, rowStride, y, targetRowStride)
            default: preconditionFailure("elements of \(elementByteCount) bytes cannot be transposed")
            }
        }
    }

    @unsafe
    private func turnFloats(
        _ rows: Range<Int>, _ columns: Int, _ x: UnsafeRawPointer, _ rowStride: Int, _ y: UnsafeMutableRawPointer,
        _ targetRowStride: Int
    ) {
        let source = unsafe x.assumingMemoryBound(to: Float.self)
        let target = unsafe y.assumingMemoryBound(to: Float.self)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: 64) {
            let count = Swift.min(64, rows.upperBound - first)
            var task = unsafe apus_pack_task(
                rows: count, k: columns, padded_rows: count, x: source + first * rowStride, row_stride: rowStride,
                step: 1, out: target + first, out_step: targetRowStride)
            unsafe table.pointee.f32_pack?(&task)
        }
    }

    @unsafe
    private func turn<Element: BitwiseCopyable>(
        _ type: Element.Type, _ rows: Range<Int>, _ columns: Int, _ x: UnsafeRawPointer, _ rowStride: Int,
        _ y: UnsafeMutableRawPointer, _ targetRowStride: Int
    ) {
        let source = unsafe x.assumingMemoryBound(to: Element.self)
        let target = unsafe y.assumingMemoryBound(to: Element.self)
        for left in stride(from: 0, to: columns, by: 16) {
            for row in rows {
                for column in left..<Swift.min(columns, left + 16) {
                    unsafe target[column * targetRowStride + row] = source[row * rowStride + column]
                }
            }
        }
    }
}
