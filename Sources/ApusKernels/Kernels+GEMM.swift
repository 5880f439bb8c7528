// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packGEMM(k:n:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedGEMMByteCount(k: Int, n: Int) -> Int {
        let width = unsafe table.pointee.f32_gemm_columns
        return (n + width - 1) / width * width * words(k) * 4
    }

    /// Whether columns of a right operand make whole panels, so that another operand's can follow them.
    package func fillsPanels(_ n: Int) -> Bool { unsafe n % table.pointee.f32_gemm_columns == 0 }

    /// Rearranges the right operand of a product, usually weights, into the layout the kernels of this set read.
    package func packGEMM(k: Int, n: Int, _ b: MatrixOperand, into packed: UnsafeMutableRawPointer) {
        // SAFETY: the caller gives packedGEMMByteCount bytes and an operand of k rows and n columns.
        let width = unsafe table.pointee.f32_gemm_columns
        let target = unsafe packed.assumingMemoryBound(to: Float.self)
        let depth = words(k)
        spreadItems((n + width - 1) / width, cost: width * k) { panels in
            for panel in panels {
                let words = unsafe target + panel * width * depth
                var floats = unsafe words
                if precision == .bf16 {
                    guard let memory = unsafe scratch(.right, byteCount: width * k * 4) else { return }
                    unsafe floats = memory.assumingMemoryBound(to: Float.self)
                }
                var pack = unsafe apus_pack_task(
                    rows: Swift.min(width, n - panel * width), k: k, padded_rows: width,
                    x: b.base + panel * width * b.columnStride, row_stride: b.columnStride, step: b.rowStride,
                    out: floats, out_step: width)
                unsafe table.pointee.f32_pack?(&pack)
                if precision == .bf16 { unsafe pairRows(of: floats, k: k, width, into: words) }
            }
        }
    }

    /// Makes each row of words of two rows of a panel.
    @unsafe
    private func pairRows(
        of floats: UnsafePointer<Float>, k: Int, _ width: Int, into words: UnsafeMutablePointer<Float>
    ) {
        for pair in 0..<(k + 1) / 2 {
            // SAFETY: the panel has k rows of the width; an odd last row has no other.
            let first = unsafe floats + 2 * pair * width
            let second: UnsafePointer<Float>? = 2 * pair + 1 < k ? unsafe first + width : nil
            unsafe table.pointee.bf16_pair?(width, first, second, words + pair * width)
        }
    }

    /// Multiplies by a packed right operand: `C[m n] = epilogue(A[m k] * B[k n])`, rows of `C` contiguous.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, packed b: UnsafeRawPointer, into c: UnsafeMutablePointer<Float>,
        rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller gives memory of packGEMM's layout.
        let right = unsafe MatrixProduct.Right.packed(b.assumingMemoryBound(to: Float.self))
        var left = a
        if precision == .bf16 {
            guard let rows = unsafe pairRows(m: m, k: k, a) else { return }
            left = unsafe MatrixOperand(rows, rowStride: words(k))
        }
        unsafe multiply(
            MatrixProduct(
                m: m, n: n, k: words(k), left: .strided(left), right: right, c: c, rowStride: rowStride,
                epilogue: epilogue, precision: precision))
    }

    /// Multiplies rows of `k` numbers that lie together by a packed right operand.
    ///
    /// The rows may be bf16 where `k` is even and products are of pairs; a result of bf16 has no residual.
    package func gemm(
        m: Int, n: Int, k: Int, rows a: ImageNumbers, packed b: UnsafeRawPointer, into c: ImageTarget,
        epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller gives rows, memory of packGEMM's layout, and room for the result.
        var left = unsafe MatrixOperand(a.words, rowStride: a.precision == .bf16 ? words(k) : k)
        if precision == .bf16, a.precision == .f32 {
            guard let rows = unsafe pairRows(m: m, k: k, left) else { return }
            left = unsafe MatrixOperand(rows, rowStride: words(k))
        }
        var product = unsafe MatrixProduct(
            m: m, n: n, k: words(k), left: .strided(left), right: .packed(b.assumingMemoryBound(to: Float.self)),
            c: c.floats, rowStride: n, epilogue: epilogue, precision: precision)
        if c.precision == .bf16 { unsafe product.rounded = unsafe c.halves }
        unsafe multiply(product)
    }

    /// Multiplies two matrices as they lie: `C[m n] = epilogue(A[m k] * B[k n])`, rows of `C` contiguous.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, into c: UnsafeMutablePointer<Float>,
        rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller vouches for the operands.
        unsafe multiply(
            MatrixProduct(
                m: m, n: n, k: k, left: .strided(a), right: .strided(b), c: c, rowStride: rowStride,
                epilogue: epilogue))
    }

    /// Multiplies many pairs of matrices; pair `i` begins at the `i`th offset, in elements, from each base.
    ///
    /// A residual moves with `C`; the bias is the same for all.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, aOffsets: [Int], _ b: MatrixOperand, bOffsets: [Int],
        into c: UnsafeMutablePointer<Float>, cOffsets: [Int], rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        precondition(aOffsets.count == cOffsets.count && bOffsets.count == cOffsets.count)
        guard m > 0, n > 0, !cOffsets.isEmpty else { return }
        let columns = unsafe table.pointee.f32_gemm_columns * table.pointee.f32_gemm_group
        let division = self.division(m: m, n: n, k: k, batch: cOffsets.count, groupedColumns: columns)
        pool.run(partCount: cOffsets.count * division.count) { part in
            let (index, piece) = part.quotientAndRemainder(dividingBy: division.count)
            // SAFETY: the caller vouches for the operands and offsets.
            let product = unsafe MatrixProduct(
                m: m, n: n, k: k, left: .strided(a.advanced(by: aOffsets[index])),
                right: .strided(b.advanced(by: bOffsets[index])), c: c + cOffsets[index], rowStride: rowStride,
                epilogue: epilogue.advanced(by: cOffsets[index]))
            unsafe product.compute(rows: division.rows(piece), columns: division.columns(piece), self)
        }
    }

    @unsafe
    func multiply(_ product: MatrixProduct) {
        guard product.m > 0, product.n > 0 else { return }
        let division = unsafe division(
            m: product.m, n: product.n, k: product.k, batch: 1, product.precision,
            groupedColumns: product.groupedColumns(table))
        pool.run(partCount: division.count) { part in
            unsafe product.compute(rows: division.rows(part), columns: division.columns(part), self)
        }
    }

    func division(
        m: Int, n: Int, k: Int, batch: Int, _ precision: Precision = .f32, groupedColumns: Int? = nil
    ) -> ProductDivision {
        unsafe ProductDivision(
            m: m, n: n, k: k, batch: batch, panelRows: MatrixProduct.panelRows(m, table, precision),
            panelColumns: table.pointee.f32_gemm_columns, groupedColumns: groupedColumns,
            threadCount: pool.threadCount)
    }
}
