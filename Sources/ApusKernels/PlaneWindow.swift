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

    /// Copies a plane with padding into the thread's scratch memory, one copy of every `strideWidth`th column each.
    @unsafe
    func fill(
        _ x: UnsafePointer<Float>, with value: Float, _ table: UnsafePointer<apus_kernel_table>
    ) -> UnsafePointer<Float> {
        let memory = unsafe scratch(.plane, byteCount: strideWidth * planeHeight * planeWidth * 4)
        let target = unsafe memory.assumingMemoryBound(to: Float.self)
        var task = unsafe apus_plane_task(
            x: x, height: inputHeight, width: inputWidth, pad_top: padTop, pad_left: padLeft, phases: strideWidth,
            out_height: planeHeight, out_width: planeWidth, fill: value, out: target)
        unsafe table.pointee.f32_plane?(&task)
        return unsafe UnsafePointer(target)
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
