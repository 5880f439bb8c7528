// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// The bytes ``packByteConvolution(_:weights:isSigned:zeroPoints:into:)`` writes.
    package func packedByteConvolutionByteCount(_ shape: ConvolutionShape) -> Int {
        if shape.isExactDepthwise { return shape.outputChannels * shape.depth * 4 }
        return unsafe PackedByteFilter(shape, table).byteCount
    }

    /// Rearranges quantised weights `[outputChannels, inputChannels / groups, height, width]` for the kernels.
    ///
    /// `zeroPoints` holds one number per output channel, or is nil where all are zero.
    package func packByteConvolution(
        _ shape: ConvolutionShape, weights: UnsafeRawPointer, isSigned: Bool, zeroPoints: UnsafePointer<Int32>? = nil,
        into packed: UnsafeMutableRawPointer
    ) {
        // SAFETY: the caller gives packedByteConvolutionByteCount bytes.
        let bytes = unsafe weights.assumingMemoryBound(to: UInt8.self)
        if shape.isExactDepthwise {
            let target = unsafe packed.assumingMemoryBound(to: Float.self)
            for index in 0..<shape.outputChannels * shape.depth {
                let zero = unsafe zeroPoints.map { unsafe $0[index / shape.depth] } ?? 0
                let byte = unsafe bytes[index]
                let value = isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
                unsafe target[index] = Float(value &- zero)
            }
            return
        }
        unsafe PackedByteFilter(shape, table).fill(packed, bytes, isSigned: isSigned, zeroPoints: zeroPoints, table)
    }

    /// Convolves quantised `N C H W` images exactly; padding is the input's zero point, channels are the rows.
    package func byteConvolution(
        _ shape: ConvolutionShape, _ input: UnsafeRawPointer, isSigned: Bool, zeroPoint: Int32,
        packed weights: UnsafeRawPointer, into output: ByteEpilogue.Destination, epilogue: ByteEpilogue
    ) {
        guard shape.batch > 0, shape.outputChannels > 0, shape.outputHeight > 0, shape.outputWidth > 0 else { return }
        var epilogue = epilogue
        epilogue.axis = .row
        if shape.isExactDepthwise {
            let filter = unsafe weights.assumingMemoryBound(to: Float.self)
            unsafe byteDepthwise(shape, input, isSigned, zeroPoint, filter, output, epilogue)
        } else {
            unsafe byteGeneral(shape, input, isSigned, zeroPoint, weights, output, epilogue)
        }
    }

    @unsafe
    private func byteGeneral(
        _ shape: ConvolutionShape, _ input: UnsafeRawPointer, _ isSigned: Bool, _ zeroPoint: Int32,
        _ weights: UnsafeRawPointer, _ output: ByteEpilogue.Destination, _ epilogue: ByteEpilogue
    ) {
        let filter = unsafe PackedByteFilter(shape, table)
        let (m, n) = (filter.m, shape.outputHeight * shape.outputWidth)
        let imageSize = shape.inputChannels / shape.groups * shape.inputHeight * shape.inputWidth
        let hasZeros = unsafe filter.hasZeros(weights)
        let division = byteDivision(m: m, n: n, k: filter.groupCount * 4, batch: shape.batch * shape.groups)
        pool.run(partCount: shape.batch * shape.groups * division.count) { part in
            let (item, piece) = part.quotientAndRemainder(dividingBy: division.count)
            let group = item % shape.groups
            // SAFETY: items count through batch and groups as the images do.
            var patches = unsafe apus_byte_patch_task()
            unsafe patches.patch = shape.patches(input + item * imageSize)
            unsafe patches.patch.fill = UInt8(truncatingIfNeeded: zeroPoint)
            unsafe patches.patch.flip = isSigned ? 0x80 : 0
            unsafe patches.taps = shape.kernelHeight * shape.kernelWidth
            var product = unsafe ByteProduct(
                m: m, n: n, groups: filter.groupCount,
                left: .packed(filter.panels(weights, group), sums: filter.sums(weights, group)),
                right: .patches(patches), destination: output, offset: item * m * n, channel: group * m, rowStride: n,
                epilogue: epilogue)
            unsafe product.leftZeros = filter.zeros(weights, group)
            product.isLeftZeroPerRow = true
            product.rightZero = zeroPoint &+ (isSigned ? 128 : 0)
            product.patchDepth = hasZeros ? shape.depth : nil
            unsafe product.compute(rows: division.rows(piece), columns: division.columns(piece), self)
        }
    }

    /// Depthwise sums of so few products are exact in floats.
    @unsafe
    private func byteDepthwise(
        _ shape: ConvolutionShape, _ input: UnsafeRawPointer, _ isSigned: Bool, _ zeroPoint: Int32,
        _ weights: UnsafePointer<Float>, _ output: ByteEpilogue.Destination, _ epilogue: ByteEpilogue
    ) {
        let window = PlaneWindow(shape, lanes: lanes)
        let multiplier = shape.outputChannels / shape.groups
        let inputSize = shape.inputHeight * shape.inputWidth
        let size = shape.outputHeight * shape.outputWidth
        let widen = unsafe isSigned ? table.pointee.s8_dequantize : table.pointee.u8_dequantize
        spreadItems(shape.batch * shape.inputChannels, cost: size * multiplier * shape.depth) { planes in
            for plane in planes {
                // SAFETY: planes count through batch and channels as the images do.
                guard let plain = unsafe scratch(.left, byteCount: inputSize * 4),
                    let summed = unsafe scratch(.right, byteCount: size * 4),
                    let rounded = unsafe scratch(.product, byteCount: size * 4)
                else { return }
                let floats = unsafe plain.assumingMemoryBound(to: Float.self)
                unsafe widen?(inputSize, input + plane * inputSize, 1, Float(zeroPoint), floats)
                let sums = unsafe summed.assumingMemoryBound(to: Float.self)
                let integers = unsafe rounded.assumingMemoryBound(to: Int32.self)
                for copy in 0..<multiplier {
                    let channel = plane % shape.inputChannels * multiplier + copy
                    var task = unsafe window.makeTask(floats, into: sums)
                    unsafe task.weights = weights + channel * shape.depth
                    unsafe task.scale = 1
                    unsafe task.low = -.infinity
                    unsafe task.high = .infinity
                    unsafe slide(window, &task, isFirst: copy == 0)
                    unsafe table.pointee.s32_round?(size, sums, integers)
                    var finish = unsafe apus_sum_task()
                    unsafe finish.n = size
                    unsafe finish.x = UnsafePointer(integers)
                    unsafe epilogue.fill(&finish, channel: channel)
                    unsafe epilogue.store(&finish, integers, output, at: (plane * multiplier + copy) * size, self)
                }
            }
        }
    }
}

extension ConvolutionShape {
    /// Whether the convolution is depthwise with sums that floats hold exactly.
    var isExactDepthwise: Bool { isDepthwise && depth <= 250 }
}
