// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes a matrix packed for products with rows of bytes takes; it should be aligned to 64 bytes.
    package func packedByteRowsByteCount(k: Int, n: Int) -> Int {
        unsafe ByteImageFilter(ConvolutionShape(rowsOf: k, n), table).byteCount
    }

    /// Rearranges a `k * n` matrix of bytes for products with rows of unsigned bytes.
    ///
    /// Less their zero point, the bytes must fit `i8`. What products with bytes are finished with is packed with them.
    package func packByteRows(
        k: Int, n: Int, _ b: ByteOperand, zeroPoint: Int32, biases: [Int32] = [], scales: [Float] = [1],
        aZeroPoint: Int32 = -1, into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedByteRowsByteCount bytes and an operand of k rows and n columns.
        var source = unsafe ByteFilterSource(
            channels: k, weights: b.base.assumingMemoryBound(to: UInt8.self), isSigned: b.isSigned,
            zeroPoints: [Int32](repeating: zeroPoint, count: n), biases: biases, scales: scales,
            inputZeroPoint: aZeroPoint)
        (source.channelStride, source.depthStride) = (b.columnStride, b.rowStride)
        unsafe packByteImageFilter(ConvolutionShape(rowsOf: k, n), source, into: packed)
    }

    /// Multiplies `m` contiguous rows of `k` unsigned bytes, `k` being a multiple of four, with a packed matrix.
    ///
    /// Biases, scales and the zero point of the rows are those packed with the matrix.
    package func byteRows(
        m: Int, n: Int, k: Int, _ a: UnsafePointer<UInt8>, packed: UnsafeRawPointer,
        into c: UnsafeMutablePointer<UInt8>, _ finish: ByteFinish
    ) {
        guard m > 0, n > 0 else { return }
        let filter = unsafe ByteImageFilter(ConvolutionShape(rowsOf: k, n), table)
        var task = unsafe finish.task
        unsafe setRows(&task, filter, n, k, a, packed, bias: filter.bias(packed), UnsafeMutableRawPointer(c))
        unsafe byteRows(task, lines: 1, lineStride: 0, length: m, n: n, width: filter.width)
    }

    /// Multiplies `m` contiguous rows of `k` unsigned bytes, `k` being a multiple of four, with a packed matrix.
    ///
    /// The matrix must have been packed with the biases, scales and zero point left out. Integers are stored as they
    /// are; floats are `activation((sum - aZeroPoint * columnSum) * scale * columnScale + bias)`.
    package func byteRows(
        m: Int, n: Int, k: Int, _ a: UnsafePointer<UInt8>, aZeroPoint: Int32, packed: UnsafeRawPointer,
        into c: ByteRowsTarget
    ) {
        guard m > 0, n > 0 else { return }
        let filter = unsafe ByteImageFilter(ConvolutionShape(rowsOf: k, n), table)
        let count = filter.channels
        guard let memory = unsafe scratch(.zeros, byteCount: count * 12) else { return }
        let bias = unsafe memory.assumingMemoryBound(to: Int32.self)
        let scales = unsafe (memory + count * 4).assumingMemoryBound(to: Float.self)
        let offsets = unsafe (memory + count * 8).assumingMemoryBound(to: Float.self)
        let sums = unsafe filter.bias(packed)
        // SAFETY: packed numbers and scratch have `count` elements, the caller's `n`.
        for column in 0..<count { unsafe bias[column] = 0 &- aZeroPoint &* sums[column] }
        var task = unsafe apus_byte_rows_task()
        let terms = unsafe UnsafePointer(bias)
        var activation = Activation.none
        switch c {
        case .integers(let c):
            unsafe setRows(&task, filter, n, k, a, packed, bias: terms, UnsafeMutableRawPointer(c))
        case .floats(let c, let scale, let columnScales, let added, let function):
            unsafe scales.initialize(repeating: scale, count: count)
            unsafe offsets.initialize(repeating: 0, count: count)
            if let columnScales = unsafe columnScales {
                for column in 0..<n { unsafe scales[column] = scale * columnScales[column] }
            }
            if let added = unsafe added { unsafe offsets.update(from: added, count: n) }
            unsafe setRows(&task, filter, n, k, a, packed, bias: terms, UnsafeMutableRawPointer(c))
            unsafe task.scales = UnsafePointer(scales)
            unsafe task.offsets = UnsafePointer(offsets)
            activation = function
        }
        unsafe byteRows(
            task, lines: 1, lineStride: 0, length: m, n: n, width: filter.width,
            c.isFloat ? .floats(activation) : .integers)
    }

    @unsafe
    private func setRows(
        _ task: inout apus_byte_rows_task, _ filter: ByteImageFilter, _ n: Int, _ k: Int, _ a: UnsafePointer<UInt8>,
        _ packed: UnsafeRawPointer, bias: UnsafePointer<Int32>, _ c: UnsafeMutableRawPointer
    ) {
        unsafe task.groups = filter.groups
        unsafe task.segments = 1
        unsafe task.a = a
        unsafe task.a_stride = k
        unsafe task.b = packed.assumingMemoryBound(to: UInt8.self)
        unsafe task.b_panel_stride = filter.panelSize
        unsafe task.bias = bias
        unsafe task.scales = filter.scales(packed)
        unsafe task.y = c
        unsafe task.y_stride = n
        unsafe task.residual_stride = n
    }
}

/// Where sums of products of bytes go, and what they become on the way.
@safe
package enum ByteRowsTarget {
    /// Exact sums.
    case integers(UnsafeMutablePointer<Int32>)
    /// `activation(sum * scale * columnScale + bias)`, the numbers per column being optional.
    case floats(
        UnsafeMutablePointer<Float>, scale: Float, columnScales: UnsafePointer<Float>?, bias: UnsafePointer<Float>?,
        Activation)

    var isFloat: Bool {
        switch self {
        case .integers: false
        case .floats: true
        }
    }
}

extension ConvolutionShape {
    /// A product of rows of `k` with `n` columns, as a convolution of single places.
    fileprivate init(rowsOf k: Int, _ n: Int) {
        self.init(
            inputChannels: k, inputHeight: 1, inputWidth: 1, outputChannels: n, kernelHeight: 1, kernelWidth: 1)
    }
}
