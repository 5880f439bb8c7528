// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Where the element of a tensor lies that repeats over a wider shape.
package struct Broadcasting: Sendable {
    private let isSame: Bool
    private let isSingle: Bool
    private let axes: [(step: Int, size: Int, stride: Int)]

    /// The shape must broadcast to the wider one.
    package init(_ shape: Shape, to wider: Shape) {
        isSame = shape == wider
        isSingle = shape.elementCount == 1
        let own = shape.strides(broadcastTo: wider)
        let steps = wider.strides
        axes = wider.indices.filter { own[$0] != 0 }.map { (steps[$0], wider[$0], own[$0]) }
    }

    /// The position for a position of the wider tensor.
    @inline(__always)
    package subscript(_ position: Int) -> Int {
        if isSame { return position }
        if isSingle { return 0 }
        var result = 0
        for axis in axes { result &+= position / axis.step % axis.size &* axis.stride }
        return result
    }
}
