// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension ByteEpilogue {
    /// Names the numbers of a row's channel, or of the columns from a channel on.
    @unsafe
    func fill(_ task: inout apus_sum_task, channel: Int) {
        // SAFETY: the caller's channels lie in the lists, which outlive the task.
        let single = unsafe scales.map { unsafe $0[0] } ?? 1
        switch axis {
        case .row:
            unsafe task.row_bias = integerBias.map { unsafe $0[channel] } ?? 0
            unsafe task.scale = isScalePerChannel ? scales.map { unsafe $0[channel] } ?? 1 : single
            unsafe task.offset = bias.map { unsafe $0[channel] } ?? 0
        case .column:
            unsafe task.column_bias = integerBias.map { unsafe $0 + channel }
            unsafe task.column_scales = isScalePerChannel ? scales.map { unsafe $0 + channel } : nil
            unsafe task.scale = single
            unsafe task.column_offsets = bias.map { unsafe $0 + channel }
        }
    }

    /// Stores one row of sums, which it may overwrite, at an index of the destination.
    @unsafe
    func store(
        _ task: inout apus_sum_task, _ x: UnsafeMutablePointer<Int32>, _ destination: Destination, at index: Int,
        _ kernels: Kernels
    ) {
        let count = unsafe task.n
        let table = unsafe kernels.table
        switch destination {
        case .integers(let y): unsafe table.pointee.s32_finish?(&task, y + index)
        case .floats(let y):
            unsafe table.pointee.s32_scale?(&task, y + index)
            unsafe activateFully(count, y + index, kernels)
        case .bytes(let y, let isSigned):
            guard let memory = unsafe scratch(.factors, byteCount: count * 4) else { return }
            let row = unsafe memory.assumingMemoryBound(to: Float.self)
            unsafe table.pointee.s32_scale?(&task, row)
            unsafe activateFully(count, row, kernels)
            let low = Swift.max(lowest, isSigned ? -128 : 0)
            let high = Swift.min(highest, isSigned ? 127 : 255)
            let target = unsafe y.assumingMemoryBound(to: UInt8.self)
            unsafe table.pointee.u8_requantize?(
                count, row, Float(zeroPoint), Float(low), Float(high), target + index)
        }
    }

    @unsafe
    private func activateFully(_ count: Int, _ y: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        unsafe kernels.activate(activation, count, y, y)
    }
}
