// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The numbers that products and convolutions multiply; sums are `f32` always.
public enum Precision: String, Sendable, CaseIterable {
    /// Floats of 32 bits.
    case f32
    /// Floats of 16 bits with the range of `f32` and 8 bits of precision, rounded to the nearest.
    case bf16
}

extension InstructionSet {
    /// Whether there is an instruction for products of pairs of bf16; without one they are made of others.
    public var multipliesPairs: Bool { self == .avx512bf16 }
}
