// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Adds `count` pairs of quantised bytes; `y` may be `a` or `b`.
    package func byteSum(
        _ sum: ByteSum, count: Int, isSigned: Bool, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
        into y: UnsafeMutableRawPointer
    ) {
        let kernel = unsafe isSigned ? table.pointee.s8_sum : table.pointee.u8_sum
        let task = sum.task
        spread(count, grain: 16384) { part in
            // SAFETY: the caller gives count elements.
            unsafe withUnsafePointer(to: task) { sum in
                unsafe kernel?(part.count, a + part.lowerBound, b + part.lowerBound, sum, y + part.lowerBound)
            }
        }
    }

    /// Replaces each of `count` bytes by its entry of a table of 256; `y` may be `x`.
    package func byteTable(
        _ entries: UnsafePointer<UInt8>, count: Int, _ x: UnsafePointer<UInt8>, into y: UnsafeMutablePointer<UInt8>
    ) {
        spread(count, grain: 16384) { part in
            // SAFETY: the caller gives count elements and 256 entries.
            unsafe table.pointee.u8_table?(part.count, x + part.lowerBound, entries, y + part.lowerBound)
        }
    }

    /// The least and the greatest of `count` floats, at least one; NaN where one of them is.
    package func extremes(count: Int, _ x: UnsafePointer<Float>) -> (least: Float, greatest: Float) {
        let size = 4096
        let parts = (count + size - 1) / size
        guard let memory = unsafe scratch(.factors, byteCount: parts * 8) else { return (0, 0) }
        let least = unsafe memory.assumingMemoryBound(to: Float.self)
        let greatest = unsafe least + parts
        spreadItems(parts, cost: size) { range in
            for part in range {
                let length = Swift.min(size, count - part * size)
                // SAFETY: the caller gives count elements; the second pass finds them in the nearest cache.
                unsafe table.pointee.f32_row_minimum?(1, length, x + part * size, 0, least + part)
                unsafe table.pointee.f32_row_maximum?(1, length, x + part * size, 0, greatest + part)
            }
        }
        var result = unsafe (least: least[0], greatest: greatest[0])
        for part in 0..<parts {
            // NaN is not at least as great as anything, so that it stays once it is met.
            if unsafe !(least[part] >= result.least) { unsafe result.least = least[part] }
            if unsafe !(greatest[part] <= result.greatest) { unsafe result.greatest = greatest[part] }
            if result.least.isNaN || result.greatest.isNaN { return (.nan, .nan) }
        }
        return result
    }

    /// Averages each channel of `N H W C` images: `round((sum - places * zeroPoint) * factor) + outputZeroPoint`.
    package func byteImageMean(
        images: Int, places: Int, channels: Int, zeroPoint: Int32, factor: Float, outputZeroPoint: Int32,
        _ x: UnsafePointer<UInt8>, into y: UnsafeMutablePointer<UInt8>
    ) {
        for image in 0..<images {
            // SAFETY: the caller gives images of the sizes.
            guard let memory = unsafe scratch(.sums, byteCount: channels * 4) else { return }
            var task = unsafe apus_byte_mean_task(
                channels: channels, places: places, x: x + image * places * channels,
                offset: Int32(truncatingIfNeeded: places) &* zeroPoint, zero_point: outputZeroPoint, factor: factor,
                sums: memory.assumingMemoryBound(to: Int32.self), y: y + image * channels)
            unsafe table.pointee.u8_mean?(&task)
        }
    }

    /// Brings the channels of `N C H W` images of bytes together, `step` bytes to a place, each byte xor `flip`.
    ///
    /// What lies between the channels and the step is undefined.
    package func gatherChannels(
        images: Int, channels: Int, places: Int, step: Int, flip: UInt8, _ x: UnsafePointer<UInt8>,
        into y: UnsafeMutablePointer<UInt8>
    ) {
        unsafe turn(images, channels, places, step, flip) { image, place, task in
            unsafe task.x = x + image * channels * places + place
            unsafe task.y = y + (image * places + place) * step
        } _: { task in
            unsafe table.pointee.u8_gather_channels?(&task)
        }
    }

    /// Takes the channels of `N H W C` images of bytes apart, each byte xor `flip`.
    package func scatterChannels(
        images: Int, channels: Int, places: Int, flip: UInt8, _ x: UnsafePointer<UInt8>,
        into y: UnsafeMutablePointer<UInt8>
    ) {
        unsafe turn(images, channels, places, channels, flip) { image, place, task in
            unsafe task.x = x + (image * places + place) * channels
            unsafe task.y = y + image * channels * places + place
        } _: { task in
            unsafe table.pointee.u8_scatter_channels?(&task)
        }
    }

    @unsafe
    private func turn(
        _ images: Int, _ channels: Int, _ places: Int, _ step: Int, _ flip: UInt8,
        _ place: (Int, Int, inout apus_byte_turn_task) -> Void, _ run: (inout apus_byte_turn_task) -> Void
    ) {
        for image in 0..<images {
            spread(places, grain: Swift.max(64, 16384 / Swift.max(1, channels))) { part in
                var task = unsafe apus_byte_turn_task()
                unsafe task.channels = channels
                unsafe task.places = part.count
                unsafe task.plane = places
                unsafe task.step = step
                unsafe task.flip = flip
                unsafe place(image, part.lowerBound, &task)
                unsafe run(&task)
            }
        }
    }
}
