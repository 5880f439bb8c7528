// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CApusKernels

/// A set of machine instructions kernels are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
    /// Plain C: the specification of every kernel.
    case scalar
    /// AVX2 with FMA.
    case avx2
    /// AVX-512 F, BW, DQ and VL.
    case avx512
    /// AVX-512 with the integer dot products of VNNI.
    case avx512vnni
    /// AVX-512 with VNNI and the dot products of pairs of bf16.
    case avx512bf16
    /// 64-bit ARM.
    case neon
    /// 64-bit ARM with the dot products of four bytes.
    case neondot

    var code: Int32 {
        switch self {
        case .scalar: 0
        case .avx2: 1
        case .avx512: 2
        case .avx512vnni: 3
        case .avx512bf16: 4
        case .neon: 5
        case .neondot: 6
        }
    }

    /// Whether this machine can run it.
    public var isPresent: Bool { apus_isa_present(code) != 0 }

    /// The instruction sets of this machine, the preferred one last.
    public static var present: [InstructionSet] { allCases.filter(\.isPresent) }

    /// The preferred instruction set of this machine.
    public static var best: InstructionSet { present.last ?? .scalar }
}
