// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Reorders the axes; without a permutation it reverses them.
package struct Transpose: Operator {
    package static let schema = Schema("Transpose", inputs: 1...1)

    private let permutation: ShortList<Int>?

    package init(_ node: NodeReader) throws(ComputeError) {
        permutation = try node.optionalIntegers("perm").map { ShortList($0) }
        if let permutation, permutation.sorted() != Array(0..<permutation.count) {
            throw .attribute("attribute 'perm' is no permutation: \(permutation)")
        }
    }

    private func permutation(rank: Int) throws(ComputeError) -> ShortList<Int> {
        guard let permutation else { return ShortList((0..<rank).reversed()) }
        guard permutation.count == rank else { throw .shape("\(permutation) does not permute \(rank) axes") }
        return permutation
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else {
            return [.tensor(elementType, permutation.map { [Dimension](repeating: .unknown, count: $0.count) })]
        }
        let order = try permutation(rank: dimensions.count)
        if order.count <= 1, let fact = inputs.known(0) { return [fact] }
        return [.tensor(elementType, order.map { dimensions[$0] })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let order = try permutation(rank: source.shape.rank)
        let steps = source.shape.steps
        var (sizes, sourceSteps) = (order, order)
        var isInOrder = true
        var last = -1
        for (position, axis) in order.enumerated() {
            sizes[position] = source.shape[axis]
            sourceSteps[position] = steps[axis]
            if source.shape[axis] == 1 { continue }
            isInOrder = isInOrder && axis > last
            last = axis
        }
        let shape = Shape(sizes: sizes)
        if isInOrder {
            outputs.set(0, try source.reshaped(to: shape))
            return
        }
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        try canvas.copy(source, Block(sizes: sizes, sourceSteps: sourceSteps, targetSteps: shape.steps))
        outputs.set(0, try canvas.finish())
    }
}
