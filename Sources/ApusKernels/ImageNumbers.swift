// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// Numbers of images that are read: `f32` or bf16.
@safe
package struct ImageNumbers {
    let base: UnsafeRawPointer
    package let precision: Precision

    /// Numbers of a precision; the pointer is vouched for by the caller.
    @unsafe
    package init(_ base: UnsafeRawPointer, _ precision: Precision) {
        unsafe self.base = unsafe base
        self.precision = precision
    }

    /// Floats; the pointer is vouched for by the caller.
    @unsafe
    package init(_ floats: UnsafePointer<Float>) { unsafe self.init(UnsafeRawPointer(floats), .f32) }

    /// The numbers from one of them on, or from before the first.
    @unsafe
    func advanced(by count: Int) -> ImageNumbers {
        // SAFETY: the caller stays within the images, or comes back before anything is read.
        unsafe ImageNumbers(base + count * precision.byteWidth, precision)
    }

    /// The memory as floats, or words of two bf16.
    @unsafe
    var words: UnsafePointer<Float> { unsafe base.assumingMemoryBound(to: Float.self) }
    /// The memory as bf16.
    @unsafe
    var halves: UnsafePointer<UInt16> { unsafe base.assumingMemoryBound(to: UInt16.self) }
}

/// Numbers of images that are written: `f32` or bf16.
@safe
package struct ImageTarget {
    let base: UnsafeMutableRawPointer
    package let precision: Precision

    /// Numbers of a precision; the pointer is vouched for by the caller.
    @unsafe
    package init(_ base: UnsafeMutableRawPointer, _ precision: Precision) {
        unsafe self.base = unsafe base
        self.precision = precision
    }

    /// Floats; the pointer is vouched for by the caller.
    @unsafe
    package init(_ floats: UnsafeMutablePointer<Float>) { unsafe self.init(UnsafeMutableRawPointer(floats), .f32) }

    /// The numbers from one of them on, or from before the first.
    @unsafe
    package func advanced(by count: Int) -> ImageTarget {
        // SAFETY: as for numbers that are read.
        unsafe ImageTarget(base + count * precision.byteWidth, precision)
    }

    /// The same numbers to be read.
    @unsafe
    var numbers: ImageNumbers { unsafe ImageNumbers(UnsafeRawPointer(base), precision) }
    /// The memory as floats.
    @unsafe
    var floats: UnsafeMutablePointer<Float> { unsafe base.assumingMemoryBound(to: Float.self) }
    /// The memory as bf16.
    @unsafe
    var halves: UnsafeMutablePointer<UInt16> { unsafe base.assumingMemoryBound(to: UInt16.self) }
    /// What kernels are told.
    var isRounded: Int32 { precision == .bf16 ? 1 : 0 }
}

extension Precision {
    /// The bytes of a number.
    var byteWidth: Int { self == .bf16 ? 2 : 4 }
}

/// Images of bf16, element by element.
extension Kernels {
    /// Adds numbers of bf16 and rounds the sums.
    package func sum(
        count: Int, _ a: UnsafePointer<UInt16>, _ b: UnsafePointer<UInt16>, into y: UnsafeMutablePointer<UInt16>
    ) {
        let kernel = unsafe table.pointee.bf16_sum
        spread(count, grain: 16384) { range in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(range.count, a + range.lowerBound, b + range.lowerBound, y + range.lowerBound)
        }
    }

    /// Copies pixels of some channels to pixels that lie `stride` numbers apart.
    package func copyPixels(_ count: Int, channels: Int, _ x: ImageNumbers, into y: ImageTarget, stride: Int) {
        spreadItems(count, cost: channels / 4) { pixels in
            for pixel in pixels {
                // SAFETY: the caller gives as many pixels.
                let source = unsafe x.advanced(by: pixel * channels)
                let target = unsafe y.advanced(by: pixel * stride)
                switch (x.precision, y.precision) {
                case (.f32, .bf16): unsafe table.pointee.bf16_round?(channels, source.words, target.halves)
                case (.bf16, .f32): unsafe table.pointee.bf16_widen?(channels, source.halves, target.floats)
                case (.f32, .f32), (.bf16, .bf16):
                    unsafe target.base.copyMemory(from: source.base, byteCount: channels * x.precision.byteWidth)
                }
            }
        }
    }
}
