// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// A window that slides over one plane, and the padded copy of the plane it reads.
struct PlaneWindow {
    let inputHeight: Int
    let inputWidth: Int
    let outputHeight: Int
    let outputWidth: Int
    let kernelHeight: Int
    let kernelWidth: Int
    let strideHeight: Int
    let strideWidth: Int
    let dilationHeight: Int
    let dilationWidth: Int
    let padTop: Int
    let padLeft: Int
    let planeHeight: Int
    let planeWidth: Int

    init(_ shape: ConvolutionShape, lanes: Int) {
        var pooling = PoolingShape(
            planes: 1, inputHeight: shape.inputHeight, inputWidth: shape.inputWidth, outputHeight: shape.outputHeight,
            outputWidth: shape.outputWidth, kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth)
        pooling.strideHeight = shape.strideHeight
        pooling.strideWidth = shape.strideWidth
        pooling.dilationHeight = shape.dilationHeight
        pooling.dilationWidth = shape.dilationWidth
        pooling.padTop = shape.padTop
        pooling.padLeft = shape.padLeft
        self.init(pooling, lanes: lanes)
    }

    init(_ shape: PoolingShape, lanes: Int) {
        inputHeight = shape.inputHeight
        inputWidth = shape.inputWidth
        outputHeight = shape.outputHeight
        outputWidth = shape.outputWidth
        kernelHeight = shape.kernelHeight
        kernelWidth = shape.kernelWidth
        strideHeight = shape.strideHeight
        strideWidth = shape.strideWidth
        dilationHeight = shape.dilationHeight
        dilationWidth = shape.dilationWidth
        padTop = shape.padTop
        padLeft = shape.padLeft
        planeHeight = (outputHeight - 1) * strideHeight + (kernelHeight - 1) * dilationHeight + 1
        planeWidth =
            (outputWidth + lanes - 1) / lanes * lanes + (kernelWidth - 1) * dilationWidth / strideWidth + 1
    }

    /// Whether the padded copy is worth making: few phases, and hardly more memory than the planes themselves take.
    var isPractical: Bool {
        let (area, isAreaTooLarge) = planeHeight.multipliedReportingOverflow(by: planeWidth)
        guard strideWidth <= 4, !isAreaTooLarge, area <= 1 << 26 else { return false }
        return area <= 1 << 20 || area / 4 <= inputHeight * inputWidth + outputHeight * outputWidth
    }

    /// The taps along one axis that fall inside an extent when the first one is at `start`.
    static func inside(_ start: Int, taps: Int, dilation: Int, extent: Int) -> Range<Int> {
        let first = start >= 0 ? 0 : (dilation - 1 - start) / dilation
        let end = start >= extent ? 0 : (extent - 1 - start) / dilation + 1
        let last = Swift.max(0, Swift.min(taps, end))
        return Swift.min(first, last)..<last
    }

    /// Calls the body with each output's index and the taps of its window that fall inside the plane.
    func eachWindow(_ body: (_ index: Int, _ row: Int, _ column: Int, _ u: Range<Int>, _ v: Range<Int>) -> Void) {
        for i in 0..<outputHeight {
            let row = i * strideHeight - padTop
            let u = Self.inside(row, taps: kernelHeight, dilation: dilationHeight, extent: inputHeight)
            for j in 0..<outputWidth {
                let column = j * strideWidth - padLeft
                let v = Self.inside(column, taps: kernelWidth, dilation: dilationWidth, extent: inputWidth)
                body(i * outputWidth + j, row, column, u, v)
            }
        }
    }

    /// Sums the products of one plane and one filter window by window, without a padded copy.
    @unsafe
    func convolveDirectly(
        _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        eachWindow { index, row, column, rows, columns in
            var sum: Float = 0
            for u in rows {
                // SAFETY: rows and columns were cut to the taps that fall inside the plane.
                let source = unsafe x + (row + u * dilationHeight) * inputWidth
                for v in columns {
                    unsafe sum += source[column + v * dilationWidth] * weights[u * kernelWidth + v]
                }
            }
            unsafe y[index] = sum
        }
    }

    /// Copies a plane with padding into the thread's scratch memory, one copy of every `strideWidth`th column each.
    ///
    /// Nil where there is no memory for it.
    @unsafe
    func fill(
        _ x: UnsafePointer<Float>, with value: Float, _ table: UnsafePointer<apus_kernel_table>
    ) -> UnsafePointer<Float>? {
        guard let memory = unsafe scratch(.plane, byteCount: strideWidth * planeHeight * planeWidth * 4) else {
            return nil
        }
        let target = unsafe memory.assumingMemoryBound(to: Float.self)
        var task = unsafe apus_plane_task(
            x: x, height: inputHeight, width: inputWidth, pad_top: padTop, pad_left: padLeft, phases: strideWidth,
            out_height: planeHeight, out_width: planeWidth, fill: value, out: target)
        unsafe table.pointee.f32_plane?(&task)
        return unsafe UnsafePointer(target)
    }

    /// The copy this thread made last; nil where there was no memory for it.
    @unsafe
    var filled: UnsafePointer<Float>? {
        guard let memory = unsafe scratch(.plane, byteCount: strideWidth * planeHeight * planeWidth * 4) else {
            return nil
        }
        return unsafe UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    @unsafe
    func makeTask(_ plane: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) -> apus_window_task {
        var task = unsafe apus_window_task()
        unsafe task.x = plane
        unsafe task.phases = strideWidth
        unsafe task.plane_height = planeHeight
        unsafe task.plane_width = planeWidth
        unsafe task.kernel_height = kernelHeight
        unsafe task.kernel_width = kernelWidth
        unsafe task.stride_height = strideHeight
        unsafe task.dilation_height = dilationHeight
        unsafe task.dilation_width = dilationWidth
        unsafe task.output_height = outputHeight
        unsafe task.output_width = outputWidth
        unsafe task.y = y
        return unsafe task
    }
}
