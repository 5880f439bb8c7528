// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packByteGEMM(k:n:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedByteGEMMByteCount(k: Int, n: Int) -> Int {
        let columns = paddedByteColumns(n)
        return columns * ((k + 3) / 4 * 4) + columns * 4 + 4
    }

    /// Rearranges the right operand of a quantised product into the layout the kernels of this set read.
    package func packByteGEMM(k: Int, n: Int, _ b: ByteOperand, into packed: UnsafeMutableRawPointer) {
        // SAFETY: the caller gives packedByteGEMMByteCount bytes and an operand of k rows and n columns.
        let width = unsafe table.pointee.i8_gemm_columns
        let panelSize = width * ((k + 3) / 4) * 4
        let target = unsafe packed.assumingMemoryBound(to: UInt8.self)
        let sums = unsafe (packed + paddedByteColumns(n) / width * panelSize).assumingMemoryBound(to: Int32.self)
        let base = unsafe b.base.assumingMemoryBound(to: UInt8.self)
        spreadItems((n + width - 1) / width, cost: width * k) { panels in
            for panel in panels {
                let first = panel * width
                var pack = unsafe apus_byte_pack_task(
                    rows: Swift.min(width, n - first), k: k, padded_rows: width, x: base + first * b.columnStride,
                    row_stride: b.columnStride, step: b.rowStride, out: target + panel * panelSize,
                    sums: sums + first, flip: b.isSigned ? 0 : 0x80, is_signed: 1)
                unsafe table.pointee.u8_pack?(&pack)
            }
        }
        unsafe sums[paddedByteColumns(n)] = b.isSigned ? 0 : 128
    }

    /// Multiplies quantised matrices exactly: `epilogue(sum((A - aZeroPoint) * (B - bZeroPoint)))`.
    ///
    /// `bZeroPoints` holds one number, or one per column; nil means zero. `aZeroPoints` holds one, or one per row.
    package func byteGEMM(
        m: Int, n: Int, k: Int, _ a: ByteOperand, aZeroPoints: UnsafePointer<Int32>? = nil,
        isAZeroPointPerRow: Bool = false, packed b: UnsafeRawPointer, bZeroPoints: UnsafePointer<Int32>? = nil,
        isBZeroPointPerColumn: Bool = false, into c: ByteEpilogue.Destination, rowStride: Int, epilogue: ByteEpilogue
    ) {
        guard m > 0, n > 0 else { return }
        // SAFETY: the caller gives memory of packByteGEMM's layout.
        let columns = paddedByteColumns(n)
        let groups = (k + 3) / 4
        let sums = unsafe (b + columns * groups * 4).assumingMemoryBound(to: Int32.self)
        let shift = unsafe sums[columns]
        guard let memory = unsafe scratch(.zeros, byteCount: columns * 8) else { return }
        let zeros = unsafe memory.assumingMemoryBound(to: Int32.self)
        let terms = unsafe zeros + columns
        for column in 0..<n {
            let zero = unsafe bZeroPoints.map { unsafe $0[isBZeroPointPerColumn ? column : 0] } ?? 0
            unsafe zeros[column] = zero &- shift
            unsafe terms[column] = unsafe sums[column] &- Int32(truncatingIfNeeded: k) &* zeros[column]
        }
        var product = unsafe ByteProduct(
            m: m, n: n, groups: groups, left: .strided(a, flip: a.isSigned ? 0x80 : 0),
            right: .packed(b.assumingMemoryBound(to: UInt8.self)), destination: c, offset: 0, rowStride: rowStride,
            epilogue: epilogue)
        unsafe product.leftZeros = aZeroPoints
        product.isLeftZeroPerRow = isAZeroPointPerRow
        product.leftShift = a.isSigned ? 128 : 0
        if isBZeroPointPerColumn {
            unsafe product.rightZeros = UnsafePointer(zeros)
        } else {
            product.rightZero = unsafe zeros[0]
        }
        unsafe product.columnTerms = UnsafePointer(terms)
        product.depth = k
        let division = byteDivision(m: m, n: n, k: k, batch: 1)
        let whole = product
        pool.run(partCount: division.count) { part in
            unsafe whole.compute(rows: division.rows(part), columns: division.columns(part), self)
        }
    }

    func byteDivision(m: Int, n: Int, k: Int, batch: Int) -> ProductDivision {
        unsafe ProductDivision(
            m: m, n: n, k: k, batch: batch, panelRows: ByteProduct.panelRows(m, table),
            panelColumns: table.pointee.i8_gemm_columns, threadCount: pool.threadCount)
    }

    private func paddedByteColumns(_ n: Int) -> Int {
        let width = unsafe table.pointee.i8_gemm_columns
        return (n + width - 1) / width * width
    }
}
