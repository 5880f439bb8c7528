// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// How products of rows of bytes are cut into parts for threads, and parts into blocks for the caches.
struct ByteRowsDivision {
    let partCount: Int
    private let rowCount: Int
    private let rowParts: Int
    private let columnParts: Int
    private let panelCount: Int
    /// The rows of a block, one where rows are lines of an image.
    private let blockRows: Int
    private let blockPanels: Int

    /// Rows of one line are cut anywhere; lines of images are never cut, and count as rows.
    init(
        _ task: borrowing apus_byte_rows_task, lines: Int, length: Int, n: Int, width: Int, tile: Int, threadCount: Int
    ) {
        let depth = unsafe task.groups * 4 * task.segments
        let panels = (n + width - 1) / width
        let rows = lines > 1 ? lines : length
        let work = lines * length * n * depth
        let wanted = threadCount == 1 ? 1 : Swift.max(1, Swift.min(threadCount * 4, work / (1 << 18)))
        let rowSteps = lines > 1 ? lines : (length + tile - 1) / tile
        // Each side that is cut is read once; the other one by every thread.
        if unsafe n * depth > lines * length * task.a_stride {
            columnParts = Swift.min(panels, wanted)
            rowParts = Swift.min(rowSteps, (wanted + columnParts - 1) / columnParts)
        } else {
            rowParts = Swift.min(rowSteps, wanted)
            columnParts = Swift.min(panels, (wanted + rowParts - 1) / rowParts)
        }
        partCount = rowParts * columnParts
        rowCount = rows
        panelCount = panels
        blockRows = lines > 1 ? 1 : Swift.max(2, Swift.min(4, (24 << 10) / depth / tile)) * tile
        blockPanels = Swift.max(1, (256 << 10) / (width * depth))
    }

    func part(_ index: Int) -> (rows: Range<Int>, panels: Range<Int>) {
        let (row, column) = index.quotientAndRemainder(dividingBy: columnParts)
        return (
            row * rowCount / rowParts..<(row + 1) * rowCount / rowParts,
            column * panelCount / columnParts..<(column + 1) * panelCount / columnParts
        )
    }

    /// Calls the body for blocks of about equal size, rows in turn while the weights stay in the cache.
    func eachBlock(_ rows: Range<Int>, _ panels: Range<Int>, _ body: (Range<Int>, Range<Int>) -> Void) {
        let (steps, stages) = (blocks(rows.count, blockRows), blocks(panels.count, blockPanels))
        for stage in 0..<stages {
            let block = part(stage, stages, of: panels)
            for step in 0..<steps { body(part(step, steps, of: rows), block) }
        }
    }

    private func blocks(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }

    private func part(_ index: Int, _ count: Int, of range: Range<Int>) -> Range<Int> {
        let start = range.lowerBound
        return start + index * range.count / count..<start + (index + 1) * range.count / count
    }
}

/// Rows of an image of short lines, copied one after the other so that tiles reach over lines.
@safe
struct ByteRowsUnfolding {
    private let task: apus_byte_rows_task
    private let lineStride: Int

    @unsafe
    init(_ task: apus_byte_rows_task, lineStride: Int) {
        unsafe self.task = unsafe task
        self.lineStride = lineStride
    }

    /// Whether tiles of single lines would be so low that reading weights takes longer than the copy.
    static func isWorthwhile(_ shape: ConvolutionShape, tile: Int) -> Bool {
        let width = shape.outputWidth
        let tiles = (width + tile - 1) / tile
        return shape.outputHeight > 1 && shape.outputChannels >= 64 && width * 3 < tile * tiles * 2
    }

    /// The task over the copy, one line of `lines * length` rows; nil without memory for it.
    @unsafe
    func task(lines: Int, length: Int, _ kernels: Kernels) -> apus_byte_rows_task? {
        var flat = unsafe task
        let run = unsafe task.groups * 4
        let depth = unsafe run * task.segments
        guard let memory = unsafe scratch(.image, byteCount: lines * length * depth) else { return nil }
        let target = unsafe memory.assumingMemoryBound(to: UInt8.self)
        kernels.spreadItems(lines, cost: length * depth / 4) { lines in
            for place in lines.lowerBound * length..<lines.upperBound * length {
                let (line, column) = place.quotientAndRemainder(dividingBy: length)
                // SAFETY: the task vouches for the rows of the image, and the copy has room for each.
                let source = unsafe task.a + line * lineStride + column * task.a_stride
                for segment in unsafe 0..<task.segments {
                    unsafe (target + place * depth + segment * run).update(
                        from: source + segment * task.segment_stride, count: run)
                }
            }
        }
        unsafe flat.a = UnsafePointer(target)
        unsafe flat.a_stride = depth
        unsafe flat.groups = depth / 4
        unsafe flat.segments = 1
        return unsafe flat
    }
}
