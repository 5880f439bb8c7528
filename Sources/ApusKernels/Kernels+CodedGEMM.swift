// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packCodes(_:_:into:)`` writes; the memory should be aligned to 64 bytes.
    package func packedCodesByteCount(_ matrix: CodedMatrix) -> Int {
        let width = unsafe table.pointee.f32_gemm_columns
        return (matrix.n + width - 1) / width * matrix.layout(width: width).panel_stride
    }

    /// Rearranges coded weights, with their scales and zero points, into the layout the kernels of this set read.
    package func packCodes(_ matrix: CodedMatrix, _ source: CodedSource, into packed: UnsafeMutableRawPointer) {
        // SAFETY: the caller gives packedCodesByteCount bytes and a source of the matrix's sizes.
        let width = unsafe table.pointee.f32_gemm_columns
        let layout = matrix.layout(width: width)
        let target = unsafe packed.assumingMemoryBound(to: UInt8.self)
        spreadItems((matrix.n + width - 1) / width, cost: width * matrix.k) { panels in
            for panel in panels {
                let column = panel * width
                var task = unsafe apus_nbits_pack_task(
                    layout: layout, columns: Swift.min(width, matrix.n - column), x: source.codes,
                    first: column * source.columnStride, column_stride: source.columnStride,
                    depth_stride: source.depthStride, source_bits: source.storedBits, turn: UInt32(source.turn),
                    mask: UInt32(source.mask), lift: UInt32(source.lift),
                    scales: source.scales + column * source.scaleColumnStride,
                    zeros: source.zeroPoints.map { unsafe $0 + column * source.scaleColumnStride },
                    scale_column_stride: source.scaleColumnStride, scale_block_stride: source.scaleBlockStride,
                    out: target + panel * layout.panel_stride)
                unsafe table.pointee.f32_nbits_pack?(&task)
            }
        }
    }

    /// Multiplies rows by packed codes: `C[m n] = epilogue(A[m k] * B[k n])`, rows of `A` and `C` contiguous.
    ///
    /// The epilogue's bias runs along the columns.
    package func gemm(
        m: Int, _ a: UnsafePointer<Float>, codes matrix: CodedMatrix, packed: UnsafeRawPointer,
        into c: UnsafeMutablePointer<Float>, rowStride: Int, epilogue: Epilogue = Epilogue()
    ) {
        guard m > 0 else { return }
        // SAFETY: the caller gives memory of packCodes' layout and rows of the matrix's depth.
        let (n, k, width) = unsafe (matrix.n, matrix.k, table.pointee.f32_gemm_columns)
        let codes = unsafe packed.assumingMemoryBound(to: UInt8.self)
        let layout = matrix.layout(width: width)
        guard m > Self.stridedRows else {
            unsafe multiply(m, n, a, layout, codes, into: c, rowStride, epilogue, isPacked: false, panelRows: m)
            return
        }
        // More rows are worth unpacking the weights for, to floats that stay in the cache.
        let isDirect = unsafe m <= table.pointee.nbits_direct_rows
        let most = unsafe isDirect ? table.pointee.nbits_rows : table.pointee.f32_gemm_rows
        let panelCount = (m + most - 1) / most
        let panelRows = (m + panelCount - 1) / panelCount
        guard let memory = unsafe scratch(.left, byteCount: panelCount * panelRows * k * 4) else { return }
        let left = unsafe memory.assumingMemoryBound(to: Float.self)
        spreadItems(panelCount, cost: panelRows * k) { panels in
            for panel in panels {
                let row = panel * panelRows
                var pack = unsafe apus_pack_task(
                    rows: Swift.min(panelRows, m - row), k: k, padded_rows: panelRows, x: a + row * k, row_stride: k,
                    step: 1, out: left + row * k, out_step: panelRows)
                unsafe table.pointee.f32_pack?(&pack)
            }
        }
        if isDirect {
            unsafe multiply(
                m, n, left, layout, codes, into: c, rowStride, epilogue, isPacked: true, panelRows: panelRows)
        } else {
            unsafe multiply(
                MatrixProduct(
                    m: m, n: n, k: k, left: .packed(left), right: .codes(codes, layout), c: c, rowStride: rowStride,
                    epilogue: epilogue))
        }
    }

    @unsafe
    private func multiply(
        _ m: Int, _ n: Int, _ a: UnsafePointer<Float>, _ layout: apus_nbits_layout, _ codes: UnsafePointer<UInt8>,
        into c: UnsafeMutablePointer<Float>, _ rowStride: Int, _ epilogue: Epilogue, isPacked: Bool, panelRows: Int
    ) {
        let (k, width) = unsafe (layout.k, table.pointee.f32_gemm_columns)
        let bounds = epilogue.activation.bounds
        spreadItems((n + width - 1) / width, cost: width * k * (m + 2) / 4) { panels in
            let column = panels.lowerBound * width
            let columns = Swift.min(n, panels.upperBound * width) - column
            var task = unsafe apus_nbits_task()
            unsafe task.layout = layout
            unsafe task.m = m
            unsafe task.n = columns
            unsafe task.a = a
            unsafe task.is_packed = isPacked ? 1 : 0
            unsafe task.panel_rows = panelRows
            unsafe task.a_panel_stride = panelRows * k
            unsafe task.a_row_stride = k
            unsafe task.b = codes + panels.lowerBound * layout.panel_stride
            unsafe task.prefetch = Self.codesAhead
            unsafe task.c = c + column
            unsafe task.c_stride = rowStride
            unsafe task.scale = epilogue.scale
            unsafe task.low = bounds.lowerBound
            unsafe task.high = bounds.upperBound
            unsafe task.bias = epilogue.bias.map { unsafe $0 + column }
            unsafe task.residual = epilogue.residual.map { unsafe $0 + column }
            unsafe table.pointee.f32_nbits_gemm?(&task)
            guard !epilogue.activation.isClamp else { return }
            for row in 0..<m {
                let target = unsafe c + row * rowStride + column
                unsafe activate(epilogue.activation, columns, target, target)
            }
        }
    }

    /// The most rows that are read where they lie; more are copied into panels.
    private static var stridedRows: Int { 4 }
    /// How many bytes ahead packed codes are fetched from memory.
    private static var codesAhead: Int { 4096 }
}
