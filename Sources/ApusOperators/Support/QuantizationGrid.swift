// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Which scale and zero point belong to which element: one for all, one per index of an axis, or one per block.
package struct QuantizationGrid: Sendable, Hashable {
    /// Neighbouring elements and their parameters: the same one, or neighbouring ones as well.
    package struct Run {
        package var elements: Range<Int>
        package var parameter: Int
        package var parameterStep: Int
    }

    private let outer: Int
    private let size: Int
    private let inner: Int
    private let blockSize: Int
    private let isBlocked: Bool

    /// Fits the shape of the scales to that of the elements; a block size of 0 means that there are no blocks.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `attribute`.
    package init(elements: Shape, scales: Shape, axis: Int, blockSize: Int) throws(ComputeError) {
        guard blockSize >= 0 else { throw .attribute("attribute 'block_size' is \(blockSize)") }
        if try scales.checkedElementCount() == 1, scales.rank <= 1 || blockSize == 0 {
            self.init(outer: 1, size: 1, inner: elements.elementCount, blockSize: 1, isBlocked: false)
            return
        }
        let axis = try elements.axis(axis)
        let inner = elements.dimensions[(axis + 1)...].reduce(1, *)
        let outer = elements.dimensions[..<axis].reduce(1, *)
        if blockSize == 0 {
            guard scales.rank == 1, scales[0] == elements[axis] else {
                throw .shape("scales of \(scales) do not fit axis \(axis) of \(elements)")
            }
            self.init(outer: outer, size: elements[axis], inner: inner, blockSize: 1, isBlocked: false)
        } else {
            var expected = elements
            let (whole, rest) = elements[axis].quotientAndRemainder(dividingBy: blockSize)
            expected[axis] = whole + (rest > 0 ? 1 : 0)
            guard scales == expected else {
                throw .shape("scales of \(scales) do not fit blocks of \(blockSize) in axis \(axis) of \(elements)")
            }
            self.init(outer: outer, size: elements[axis], inner: inner, blockSize: blockSize, isBlocked: true)
        }
    }

    private init(outer: Int, size: Int, inner: Int, blockSize: Int, isBlocked: Bool) {
        self.outer = outer
        self.size = size
        self.inner = inner
        self.blockSize = blockSize
        self.isBlocked = isBlocked
    }

    /// The number of runs.
    package var runCount: Int { outer * size }

    /// The elements of one run and where their parameters start.
    package func run(_ index: Int) -> Run {
        let (row, position) = (index / size, index % size)
        let elements = index * inner..<(index + 1) * inner
        guard isBlocked else { return Run(elements: elements, parameter: position, parameterStep: 0) }
        let blocks = (size - 1) / blockSize + 1
        return Run(
            elements: elements, parameter: (row * blocks + position / blockSize) * inner, parameterStep: 1)
    }
}
