// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Glibc
import Testing

/// Whether the sweeps run only the best kernels with two threads: under ThreadSanitizer, which their references make
/// slow, and which other instructions tell nothing new.
private let isShort = unsafe getenv("APUS_TEST_FEWER_KERNELS") != nil

/// The kernel sets the sweeps run: every instruction set present, alone and with a second thread.
let kernelSets: [Kernels] =
    isShort
    ? [Kernels(instructionSet: .best, pool: WorkerPool(threadCount: 2))]
    : InstructionSet.present.flatMap { set in
        [1, 2].map { Kernels(instructionSet: set, pool: WorkerPool(threadCount: $0)) }
    }

/// The kernel sets of one thread each.
let serialSets: [Kernels] =
    isShort ? [Kernels(instructionSet: .best)] : InstructionSet.present.map { Kernels(instructionSet: $0) }

extension Kernels: CustomTestStringConvertible {
    /// The instruction set, the number of threads and what is multiplied.
    public var testDescription: String { "\(instructionSet.rawValue) x\(pool.threadCount) \(precision.rawValue)" }
}

extension [Kernels] {
    /// The kernel sets for every precision.
    var ofAllPrecisions: [Kernels] { flatMap { set in Precision.allCases.map { set.multiplying($0) } } }
}

extension Buffer<Float> {
    /// The numbers as the kernels multiply them, who round them once more.
    func rounded(for kernels: Kernels) -> Buffer<Float> {
        kernels.precision == .f32 ? self : Buffer(array.map { bfloat($0) }, filler: .nan)
    }
}

/// The nearest number of 8 bits, the even one of two.
func bfloat(_ x: Float) -> Float {
    Float(bitPattern: (x.bitPattern &+ 0x7fff &+ (x.bitPattern >> 16 & 1)) & 0xffff_0000)
}

/// Describes the first element that departs from what is expected by more than the bounds allow.
func departure(
    _ actual: [Float], _ expected: [Float], relative: Float = 2e-6, absolute: Float = 0
) -> String? {
    guard actual.count == expected.count else { return "\(actual.count) elements for \(expected.count)" }
    for (index, (a, e)) in zip(actual, expected).enumerated() {
        if a == e || a.isNaN && e.isNaN { continue }
        let bound = absolute + relative * Swift.abs(e)
        if !(Swift.abs(a - e) <= bound) { return "element \(index) is \(a), expected \(e)" }
    }
    return nil
}
