// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// One exact product of quantised matrices, cut into blocks whose sums stay in cache until they are stored.
///
/// The left operand is unsigned and the right one signed, or the other way round; zero points are those of the bytes
/// as the kernels see them.
@safe
struct ByteProduct {
    @safe
    enum Left {
        /// Bytes anywhere, flipped by `flip` to become unsigned.
        case strided(ByteOperand, flip: UInt8)
        /// Signed panels and the sums of their rows.
        case packed(UnsafePointer<UInt8>, sums: UnsafePointer<Int32>)
    }

    @safe
    enum Right {
        /// Signed panels.
        case packed(UnsafePointer<UInt8>)
        /// Patches of an image, unsigned.
        case patches(apus_byte_patch_task)
    }

    var m: Int
    var n: Int
    /// The depth in groups of four.
    var groups: Int
    var left: Left
    var right: Right
    /// One per row, or one for all, or none.
    var leftZeros: UnsafePointer<Int32>?
    var isLeftZeroPerRow = false
    /// Added to every left zero point because of the flip.
    var leftShift: Int32 = 0
    /// One per column, or none where `rightZero` is the only one.
    var rightZeros: UnsafePointer<Int32>?
    var rightZero: Int32 = 0
    /// For each column its sum less the depth times its zero point; none where left zero points vanish.
    var columnTerms: UnsafePointer<Int32>?
    /// Computes column terms from the patches' sums, with this many true elements in the depth.
    var patchDepth: Int?
    var destination: ByteEpilogue.Destination
    /// The distance from the destination's first element to this product's.
    var offset: Int
    /// The first row's channel, where channels are rows.
    var channel: Int = 0
    var rowStride: Int
    var epilogue: ByteEpilogue

    static func panelRows(_ m: Int, _ table: UnsafePointer<apus_kernel_table>) -> Int {
        // SAFETY: the table is a constant of the kernel library; operands are vouched for by the caller of Kernels.
        let most = unsafe table.pointee.i8_gemm_rows
        let panels = Swift.max(1, (m + most - 1) / most)
        return Swift.max(1, (m + panels - 1) / panels)
    }

    /// Computes the block of rows and columns; both begin at multiples of the panel sizes.
    @unsafe
    func compute(rows: Range<Int>, columns: Range<Int>, _ kernels: Kernels) {
        let table = unsafe kernels.table
        let (panelRows, width) = unsafe (Self.panelRows(m, table), table.pointee.i8_gemm_columns)
        let rowBlock = panelRows * 4
        let panels = (columns.count + width - 1) / width
        var task = unsafe apus_byte_gemm_task()
        unsafe task.groups = groups
        unsafe task.panel_rows = panelRows
        unsafe task.n = columns.count
        unsafe task.b_panel_stride = width * groups * 4
        var terms = unsafe columnTerms.map { unsafe $0 + columns.lowerBound }
        switch right {
        case .packed(let base): unsafe task.b = base + columns.lowerBound * groups * 4
        case .patches(var patches):
            guard let memory = unsafe scratch(.right, byteCount: panels * width * groups * 4) else { return }
            unsafe patches.patch.column = columns.lowerBound
            unsafe patches.patch.columns = columns.count
            unsafe patches.patch.panel_columns = width
            unsafe patches.patch.out = memory
            unsafe patches.patch.panel_stride = width * groups * 4
            if let depth = patchDepth {
                guard let memory = unsafe scratch(.sums, byteCount: panels * width * 4) else { return }
                let sums = unsafe memory.assumingMemoryBound(to: Int32.self)
                unsafe patches.sums = sums
                unsafe table.pointee.u8_patch?(&patches)
                for index in 0..<columns.count { unsafe sums[index] &-= Int32(truncatingIfNeeded: depth) &* rightZero }
                unsafe terms = unsafe UnsafePointer(sums)
            } else {
                unsafe table.pointee.u8_patch?(&patches)
            }
            unsafe task.b = UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
        }
        guard let block = unsafe scratch(.product, byteCount: rowBlock * columns.count * 4) else { return }
        let product = unsafe block.assumingMemoryBound(to: Int32.self)
        unsafe task.c = product
        unsafe task.c_stride = columns.count
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowBlock) {
            let height = Swift.min(rowBlock, rows.upperBound - row)
            unsafe task.m = height
            guard let sums = unsafe setLeft(&task, row, height, panelRows, table) else { return }
            switch left {
            case .strided: unsafe table.pointee.u8s8_gemm?(&task)
            case .packed: unsafe table.pointee.s8u8_gemm?(&task)
            }
            for index in 0..<height {
                unsafe finish(
                    product + index * columns.count, row: row + index, rowSum: sums[index], columns, terms, kernels)
            }
        }
    }

    /// Makes the panels of a block of rows and returns the sums of its rows; nil where there is no memory for them.
    private func setLeft(
        _ task: inout apus_byte_gemm_task, _ row: Int, _ height: Int, _ panelRows: Int,
        _ table: UnsafePointer<apus_kernel_table>
    ) -> UnsafePointer<Int32>? {
        unsafe task.a_panel_stride = panelRows * groups * 4
        switch left {
        case .packed(let base, let sums):
            unsafe task.a = base + row * groups * 4
            return unsafe sums + row
        case .strided(let a, let flip):
            let panels = (height + panelRows - 1) / panelRows
            let size = panels * panelRows
            guard let memory = unsafe scratch(.left, byteCount: size * groups * 4 + size * 4) else { return nil }
            let target = unsafe memory.assumingMemoryBound(to: UInt8.self)
            let sums = unsafe (memory + size * groups * 4).assumingMemoryBound(to: Int32.self)
            let base = unsafe a.base.assumingMemoryBound(to: UInt8.self)
            for panel in 0..<panels {
                let first = row + panel * panelRows
                var pack = unsafe apus_byte_pack_task(
                    rows: Swift.min(panelRows, row + height - first), k: depth, padded_rows: panelRows,
                    x: base + first * a.rowStride, row_stride: a.rowStride, step: a.columnStride,
                    out: target + panel * panelRows * groups * 4, sums: sums + panel * panelRows, flip: flip,
                    is_signed: 0)
                unsafe table.pointee.u8_pack?(&pack)
            }
            unsafe task.a = UnsafePointer(target)
            return unsafe UnsafePointer(sums)
        }
    }

    /// The true depth of a strided left operand.
    var depth: Int = 0

    private func finish(
        _ x: UnsafeMutablePointer<Int32>, row: Int, rowSum: Int32, _ columns: Range<Int>,
        _ terms: UnsafePointer<Int32>?, _ kernels: Kernels
    ) {
        var task = unsafe apus_sum_task()
        let start = columns.lowerBound
        let zero = unsafe leftZeros.map { unsafe $0[isLeftZeroPerRow ? row : 0] } ?? 0
        unsafe task.n = columns.count
        unsafe task.x = UnsafePointer(x)
        unsafe task.left_zero = zero &+ leftShift
        unsafe task.column_terms = task.left_zero == 0 ? nil : terms
        unsafe task.right_zeros = rightZeros.map { unsafe $0 + start }
        unsafe task.right_zero = rightZero
        unsafe task.row_sum = rowSum
        unsafe epilogue.fill(&task, channel: epilogue.axis == .row ? channel + row : start)
        unsafe epilogue.store(&task, x, destination, at: offset + row * rowStride + start, kernels)
    }
}
