// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// A function of one element; a type, so that loops on every thread are compiled for it.
package protocol ElementFunction: Sendable {
    /// What it takes.
    associatedtype Source: TensorElement
    /// What it gives.
    associatedtype Target: TensorElement
    /// The function.
    func callAsFunction(_ x: Source) -> Target
}

/// A function of two elements; a type, so that loops on every thread are compiled for it.
package protocol PairFunction: Sendable {
    /// What it takes first.
    associatedtype Left: TensorElement
    /// What it takes second.
    associatedtype Right: TensorElement
    /// What it gives.
    associatedtype Target: TensorElement
    /// The function.
    func callAsFunction(_ left: Left, _ right: Right) -> Target
}

/// Whether a byte is not 0.
struct TruthOfByte: ElementFunction {
    @inline(__always)
    func callAsFunction(_ x: UInt8) -> Bool { x != 0 }
}
