// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// One product of matrices cut into blocks that fit the caches; a depth of bf16 is counted in words of two.
@safe
struct MatrixProduct {
    @safe
    enum Left {
        case strided(MatrixOperand)
        case packed(UnsafePointer<Float>)
    }

    @safe
    enum Right {
        case strided(MatrixOperand)
        case packed(UnsafePointer<Float>)
        case patches(apus_patch_task)
        case codes(UnsafePointer<UInt8>, apus_nbits_layout)
    }

    var m: Int
    var n: Int
    var k: Int
    var left: Left
    var right: Right
    var c: UnsafeMutablePointer<Float>
    var rowStride: Int
    var epilogue: Epilogue
    var precision = Precision.f32
    /// Where results go as bf16 instead of `c`; there is no residual then.
    var rounded: UnsafeMutablePointer<UInt16>?

    /// The depth of a block that is copied, which shall stay in a cache with the columns of a block.
    static let deepest = 256
    /// The depth of a block of packed columns.
    static let deepestPacked = 768
    /// How many rows ahead packed weights are fetched from memory.
    static let prefetchedDepth = 64
    static let widest = 512

    /// The height of the panels `m` rows are cut into: as even as the tile allows.
    static func panelRows(
        _ m: Int, _ table: UnsafePointer<apus_kernel_table>, _ precision: Precision = .f32
    ) -> Int {
        // SAFETY: the table is a constant of the kernel library; operands are vouched for by the caller of Kernels.
        let most = unsafe precision == .bf16 ? table.pointee.bf16_gemm_rows : table.pointee.f32_gemm_rows
        let panels = Swift.max(1, (m + most - 1) / most)
        return Swift.max(1, (m + panels - 1) / panels)
    }

    /// The columns that tiles cover best, whole panels.
    func groupedColumns(_ table: UnsafePointer<apus_kernel_table>) -> Int {
        // SAFETY: as for the height of panels.
        let width = unsafe table.pointee.f32_gemm_columns
        guard precision == .f32, case .strided = left else { return width }
        return unsafe width * table.pointee.f32_gemm_group
    }

    /// Computes the block of rows and columns; both begin at multiples of the panel sizes.
    @unsafe
    func compute(rows: Range<Int>, columns: Range<Int>, _ kernels: Kernels) {
        if let target = unsafe rounded { return unsafe computeRounded(rows, columns, target, kernels) }
        let width = unsafe groupedColumns(kernels.table)
        if streamsRight(rows.count, kernels) {
            // Packed weights are read in the order they lie, each once.
            for column in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
                unsafe computeBlock(
                    rows: rows, columns: column..<Swift.min(columns.upperBound, column + width), kernels)
            }
        } else {
            unsafe computeBlock(rows: rows, columns: columns, kernels)
        }
        guard !epilogue.activation.isClamp else { return }
        for row in rows {
            let target = unsafe c + row * rowStride + columns.lowerBound
            unsafe kernels.activate(epilogue.activation, columns.count, target, target)
        }
    }

    /// Computes as many rows at a time as stay in the second level of cache, and rounds them.
    @unsafe
    private func computeRounded(
        _ rows: Range<Int>, _ columns: Range<Int>, _ target: UnsafeMutablePointer<UInt16>, _ kernels: Kernels
    ) {
        let panelRows = unsafe Self.panelRows(m, kernels.table, precision)
        let width = columns.count
        let step = Swift.max(1, (256 << 10) / 4 / Swift.max(1, width) / panelRows) * panelRows
        guard let memory = unsafe scratch(.product, byteCount: Swift.min(step, rows.count) * width * 4) else { return }
        // SAFETY: the memory holds the rows of a step, the target all rows.
        let sums = unsafe memory.assumingMemoryBound(to: Float.self)
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
            let part = row..<Swift.min(row + step, rows.upperBound)
            var product = self
            unsafe product.rounded = nil
            unsafe product.c = sums - row * width - columns.lowerBound
            product.rowStride = width
            unsafe product.compute(rows: part, columns: columns, kernels)
            for line in part {
                let out = unsafe target + line * rowStride + columns.lowerBound
                unsafe kernels.table.pointee.bf16_round?(width, sums + (line - row) * width, out)
            }
        }
    }

    private func streamsRight(_ rows: Int, _ kernels: Kernels) -> Bool {
        switch right {
        case .packed: break
        case .codes: if isDepthWhole { return true }
        case .strided, .patches: return false
        }
        return unsafe !isDepthWhole && k > deepest && rows <= 2 * Self.panelRows(m, kernels.table, precision)
    }

    @unsafe
    private func computeBlock(rows: Range<Int>, columns: Range<Int>, _ kernels: Kernels) {
        let table = unsafe kernels.table
        let (panelRows, panelColumns) = unsafe (Self.panelRows(m, table, precision), table.pointee.f32_gemm_columns)
        let blocks = isDepthWhole ? 1 : Swift.max(1, (k + deepest - 1) / deepest)
        let depth = (k + blocks - 1) / blocks
        let rowBlock = panelRows * 16
        let kernel = unsafe precision == .bf16 ? table.pointee.bf16_gemm : table.pointee.f32_gemm
        var task = unsafe makeTask(panelRows: panelRows)
        var start = 0
        repeat {
            let count = Swift.min(depth, k - start)
            unsafe task.k = count
            unsafe task.is_first = start == 0 ? 1 : 0
            unsafe task.is_last = start + count == k ? 1 : 0
            guard unsafe setRight(&task, start, count, rows, columns, panelColumns, table) else { return }
            for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowBlock) {
                let height = Swift.min(rowBlock, rows.upperBound - row)
                unsafe task.m = height
                unsafe task.n = columns.count
                unsafe setLeft(&task, start, row, panelRows)
                let offset = row * rowStride + columns.lowerBound
                unsafe task.c = c + offset
                unsafe task.row_bias = epilogue.biasAxis == .row ? epilogue.bias.map { unsafe $0 + row } : nil
                unsafe task.column_bias =
                    epilogue.biasAxis == .column ? epilogue.bias.map { unsafe $0 + columns.lowerBound } : nil
                unsafe task.residual = epilogue.residual.map { unsafe $0 + offset }
                unsafe kernel?(&task)
            }
            start += count
        } while start < k
    }

    /// Whether the depth cannot be cut because partial sums would overwrite the residual, or need not be.
    private var isDepthWhole: Bool {
        let isInPlace = unsafe epilogue.residual.map { unsafe $0 == UnsafePointer(c) } ?? false
        switch right {
        case .patches, .codes: return isInPlace
        case .packed, .strided: return isInPlace || m <= 2
        }
    }

    private var deepest: Int {
        if case .packed = right { return Self.deepestPacked }
        return Self.deepest
    }

    private func makeTask(panelRows: Int) -> apus_f32_gemm_task {
        var task = unsafe apus_f32_gemm_task()
        let bounds = epilogue.activation.bounds
        unsafe task.panel_rows = panelRows
        unsafe task.c_stride = rowStride
        unsafe task.scale = epilogue.scale
        unsafe task.low = bounds.lowerBound
        unsafe task.high = bounds.upperBound
        return unsafe task
    }

    private func setLeft(_ task: inout apus_f32_gemm_task, _ start: Int, _ row: Int, _ panelRows: Int) {
        switch left {
        case .packed(let base):
            unsafe task.a = base + row * k + start * panelRows
            unsafe task.a_panel_stride = panelRows * k
            unsafe task.a_row_stride = 1
            unsafe task.a_step = panelRows
        case .strided(let a):
            unsafe task.a = a.base + row * a.rowStride + start * a.columnStride
            unsafe task.a_panel_stride = panelRows * a.rowStride
            unsafe task.a_row_stride = a.rowStride
            unsafe task.a_step = a.columnStride
        }
    }

    /// Points the task at the columns; false where there is no memory to copy them.
    private func setRight(
        _ task: inout apus_f32_gemm_task, _ start: Int, _ count: Int, _ rows: Range<Int>, _ columns: Range<Int>,
        _ width: Int, _ table: UnsafePointer<apus_kernel_table>
    ) -> Bool {
        let panels = (columns.count + width - 1) / width
        switch right {
        case .packed(let base):
            unsafe task.b = base + columns.lowerBound * k + start * width
            unsafe task.b_panel_stride = width * k
            unsafe task.b_step = width
            unsafe task.prefetch = width * Self.prefetchedDepth
            return true
        case .strided(let b) where b.columnStride == 1 && rows.count <= 56:
            unsafe task.b = b.base + start * b.rowStride + columns.lowerBound
            unsafe task.b_panel_stride = width
            unsafe task.b_step = b.rowStride
            return true
        case .strided(let b):
            guard let memory = unsafe scratch(.right, byteCount: panels * width * count * 4) else { return false }
            let target = unsafe memory.assumingMemoryBound(to: Float.self)
            for panel in 0..<panels {
                let first = columns.lowerBound + panel * width
                var pack = unsafe apus_pack_task(
                    rows: Swift.min(width, columns.upperBound - first), k: count, padded_rows: width,
                    x: b.base + first * b.columnStride + start * b.rowStride, row_stride: b.columnStride,
                    step: b.rowStride, out: target + panel * width * count, out_step: width)
                unsafe table.pointee.f32_pack?(&pack)
            }
            unsafe task.b = UnsafePointer(target)
        case .patches(var patches):
            guard let memory = unsafe scratch(.right, byteCount: panels * width * count * 4) else { return false }
            unsafe patches.column = columns.lowerBound
            unsafe patches.columns = columns.count
            unsafe patches.panel_columns = width
            unsafe patches.k = start
            unsafe patches.k_count = count
            unsafe patches.out = memory
            unsafe patches.panel_stride = width * count
            unsafe table.pointee.f32_patch?(&patches)
            unsafe task.b = UnsafePointer(memory.assumingMemoryBound(to: Float.self))
        case .codes(let base, var layout):
            guard let memory = unsafe scratch(.right, byteCount: panels * width * count * 4) else { return false }
            let target = unsafe memory.assumingMemoryBound(to: Float.self)
            for panel in 0..<panels {
                let codes = unsafe base + (columns.lowerBound / width + panel) * layout.panel_stride
                unsafe table.pointee.f32_nbits_unpack?(&layout, codes, start, count, target + panel * width * count)
            }
            unsafe task.b = UnsafePointer(target)
        }
        unsafe task.b_panel_stride = width * count
        unsafe task.b_step = width
        return true
    }
}

/// How a batch of equal products is divided among threads.
struct ProductDivision {
    let rowParts: Int
    let columnParts: Int
    private let rowStep: Int
    private let columnStep: Int
    private let m: Int
    private let n: Int

    /// Divides rows at panels and columns at panels or, where enough are left for every thread, groups of them.
    init(
        m: Int, n: Int, k: Int, batch: Int, panelRows: Int, panelColumns: Int, groupedColumns: Int? = nil,
        threadCount: Int
    ) {
        self.m = m
        self.n = n
        let work = Double(m) * Double(n) * Double(Swift.max(1, k)) * Double(batch)
        let target = threadCount == 1 || work < 100_000 ? 1 : work < 1_600_000 ? threadCount : threadCount * 3
        let group = groupedColumns ?? panelColumns
        let isGrouped = group > panelColumns && n >= group * threadCount
        let unit = isGrouped ? group : panelColumns
        var step = Swift.min(n, MatrixProduct.widest / unit * unit)
        var parts = (n + step - 1) / step
        if batch * parts < target, n >= m {
            parts = Swift.min((target + batch - 1) / batch, (n + panelColumns - 1) / panelColumns)
            step = (n + parts - 1) / parts
        } else if isGrouped, batch == 1, threadCount > 1 {
            parts = (parts + threadCount - 1) / threadCount * threadCount
            step = (n + parts - 1) / parts
        }
        columnStep = isGrouped && parts > 1 ? Swift.max(1, step / unit) * unit : (step + unit - 1) / unit * unit
        columnParts = (n + columnStep - 1) / columnStep
        let panels = (m + panelRows - 1) / panelRows
        let isEnough = isGrouped && batch * columnParts >= 2 * threadCount
        let wanted = isEnough ? 1 : (target + batch * columnParts - 1) / (batch * columnParts)
        let rows = Swift.min(wanted, panels)
        let panelsPerPart = (panels + rows - 1) / rows
        rowStep = panelsPerPart * panelRows
        rowParts = (m + rowStep - 1) / rowStep
    }

    var count: Int { rowParts * columnParts }

    func rows(_ part: Int) -> Range<Int> {
        let start = part % rowParts * rowStep
        return start..<Swift.min(m, start + rowStep)
    }

    func columns(_ part: Int) -> Range<Int> {
        let start = part / rowParts * columnStep
        return start..<Swift.min(n, start + columnStep)
    }
}
