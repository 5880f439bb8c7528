// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packGEMM(k:n:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedGEMMByteCount(k: Int, n: Int) -> Int {
        let width = unsafe table.pointee.f32_gemm_columns
        return (n + width - 1) / width * width * k * 4
    }

    /// Rearranges the right operand of a product, usually weights, into the layout the kernels of this set read.
    package func packGEMM(k: Int, n: Int, _ b: MatrixOperand, into packed: UnsafeMutableRawPointer) {
        // SAFETY: the caller gives packedGEMMByteCount bytes and an operand of k rows and n columns.
        let width = unsafe table.pointee.f32_gemm_columns
        let target = unsafe packed.assumingMemoryBound(to: Float.self)
        spreadItems((n + width - 1) / width, cost: width * k) { panels in
            for panel in panels {
                var pack = unsafe apus_pack_task(
                    rows: Swift.min(width, n - panel * width), k: k, padded_rows: width,
                    x: b.base + panel * width * b.columnStride, row_stride: b.columnStride, step: b.rowStride,
                    out: target + panel * width * k, out_step: width)
                unsafe table.pointee.f32_pack?(&pack)
            }
        }
    }

    /// Multiplies by a packed right operand: `C[m n] = epilogue(A[m k] * B[k n])`, rows of `C` contiguous.
    package func gemm(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, packed b: UnsafeRawPointer, into c: UnsafeMutablePointer<Float>,
        rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        // SAFETY: the caller gives memory of packGEMM's layout.
        let right = unsafe MatrixProduct.Right.packed(b.assumingMemoryBound(to: Float.self))
        unsafe multiply(
            MatrixProduct(
                m: m, n: n, k: k, left: .strided(a), right: right, c: c, rowStride: rowStride, epilogue: epilogue))
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
        let division = self.division(m: m, n: n, k: k, batch: cOffsets.count)
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
        let division = division(m: product.m, n: product.n, k: product.k, batch: 1)
        pool.run(partCount: division.count) { part in
            unsafe product.compute(rows: division.rows(part), columns: division.columns(part), self)
        }
    }

    func division(m: Int, n: Int, k: Int, batch: Int) -> ProductDivision {
        unsafe ProductDivision(
            m: m, n: n, k: k, batch: batch, panelRows: MatrixProduct.panelRows(m, table),
            panelColumns: table.pointee.f32_gemm_columns, threadCount: pool.threadCount)
    }
}
