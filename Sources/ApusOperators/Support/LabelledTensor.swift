// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor whose dimensions have labels, all different.
package struct LabelledTensor<Element: Number> {
    /// The labels of the dimensions.
    package let labels: [Int]
    /// The elements.
    package let tensor: Tensor
    private let strides: [Int]
    private let sizes: [Int]

    private init(labels: [Int], contiguous tensor: Tensor) {
        self.labels = labels
        self.tensor = tensor
        strides = tensor.shape.strides
        sizes = tensor.shape.dimensions
    }

    /// Reads a tensor under labels: a repeated one walks its diagonal, and a size of 1 is repeated as often as asked.
    ///
    /// - Throws: ``ComputeError`` with code `limit`.
    package init(
        _ tensor: Tensor, _ labels: [Int], _ sizes: [Int: Int], _ context: EvaluationContext
    ) throws(ComputeError) {
        let own = tensor.shape.strides
        var unique: [Int] = []
        var steps: [Int: Int] = [:]
        for (axis, label) in labels.enumerated() {
            if steps[label] == nil { unique.append(label) }
            steps[label, default: 0] += tensor.shape[axis] == 1 ? 0 : own[axis]
        }
        self.labels = unique
        self.tensor = tensor
        strides = unique.map { steps[$0] ?? 0 }
        self.sizes = unique.map { sizes[$0] ?? 1 }
        _ = try Shape(self.sizes).checkedElementCount()
    }

    /// The same elements with the dimensions in the given order, summed over labels that are not in it.
    ///
    /// - Throws: ``ComputeError`` with code `limit` or `elementType`.
    package func arranged(_ order: [Int], _ context: EvaluationContext) throws(ComputeError) -> LabelledTensor {
        if order == labels && strides == Shape(sizes).strides {
            return LabelledTensor(labels: labels, contiguous: try tensor.reshaped(to: Shape(sizes)))
        }
        let kept = order.compactMap { labels.firstIndex(of: $0) }
        let summed = labels.indices.filter { !order.contains(labels[$0]) }
        let shape = Shape(kept.map { sizes[$0] })
        var result = try context.makeTensor(Element.elementType, shape)
        let source = try tensor.elements(of: Element.self)
        var target = try result.elements(of: Element.self)
        var outer = StridedPosition(kept.map { (sizes[$0], strides[$0]) })
        let inner = StridedPosition(summed.map { (sizes[$0], strides[$0]) })
        for index in target.indices {
            var position = inner
            var sum: Element = 0
            for _ in 0..<position.count {
                sum = sum.plus(source[outer.offset + position.offset])
                position.advance()
            }
            target[index] = sum
            outer.advance()
        }
        return LabelledTensor(labels: kept.map { labels[$0] }, contiguous: result.finish())
    }

    /// The product with another tensor, summed over shared labels that are not kept.
    ///
    /// - Throws: ``ComputeError`` with code `limit` or `elementType`.
    package func contracted(
        with other: LabelledTensor, keeping kept: Set<Int>, _ context: EvaluationContext
    ) throws(ComputeError) -> LabelledTensor {
        let shared = labels.filter { other.labels.contains($0) }
        let batch = shared.filter { kept.contains($0) }
        let summed = shared.filter { !kept.contains($0) }
        let lefts = labels.filter { !other.labels.contains($0) && kept.contains($0) }
        let rights = other.labels.filter { !labels.contains($0) && kept.contains($0) }
        let left = try arranged(batch + lefts + summed, context)
        let right = try other.arranged(batch + summed + rights, context)
        func size(_ tensor: LabelledTensor, _ range: Range<Int>) -> Int { tensor.sizes[range].reduce(1, *) }
        let batches = size(left, 0..<batch.count)
        let rows = size(left, batch.count..<(batch.count + lefts.count))
        let depth = size(left, (batch.count + lefts.count)..<left.sizes.count)
        let columns = size(right, (batch.count + summed.count)..<right.sizes.count)
        var product = BatchedProduct(
            rows: rows, columns: columns, depth: depth, left: MatrixPlace(rowStride: depth),
            right: MatrixPlace(rowStride: columns))
        let shape = Shape(
            left.sizes[..<(batch.count + lefts.count)] + right.sizes[(batch.count + summed.count)...])
        let offsets = try shape.checkedElementCount() == 0 ? 0..<0 : 0..<batches
        product.leftOffsets = offsets.map { $0 * rows * depth }
        product.rightOffsets = offsets.map { $0 * depth * columns }
        var result = try context.makeTensor(Element.elementType, shape)
        if Element.self == Float.self {
            var target = try result.elements(of: Float.self)
            product.run(
                try left.tensor.elements(of: Float.self), try right.tensor.elements(of: Float.self), into: &target,
                context)
        } else {
            var target = try result.elements(of: Element.self)
            product.run(
                try left.tensor.elements(of: Element.self), try right.tensor.elements(of: Element.self), into: &target)
        }
        return LabelledTensor(labels: batch + lefts + rights, contiguous: result.finish())
    }
}

/// A walk over all positions of some dimensions, the last one fastest.
private struct StridedPosition {
    private let axes: [(size: Int, stride: Int)]
    private var position: [Int]
    private(set) var offset = 0

    init(_ axes: [(Int, Int)]) {
        self.axes = axes.map { (size: $0.0, stride: $0.1) }
        position = [Int](repeating: 0, count: axes.count)
    }

    var count: Int { axes.reduce(1) { $0 * $1.size } }

    mutating func advance() {
        for axis in axes.indices.reversed() {
            position[axis] += 1
            offset += axes[axis].stride
            if position[axis] < axes[axis].size { return }
            offset -= axes[axis].stride * axes[axis].size
            position[axis] = 0
        }
    }
}
