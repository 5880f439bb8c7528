// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Reorders the axes; without a permutation it reverses them.
package struct Transpose: Operator {
    package static let schema = Schema("Transpose", inputs: 1...1)

    private let permutation: [Int]?

    package init(_ node: NodeReader) throws(ComputeError) {
        permutation = try node.optionalIntegers("perm")
        if let permutation, permutation.sorted() != Array(0..<permutation.count) {
            throw .attribute("attribute 'perm' is no permutation: \(permutation)")
        }
    }

    private func permutation(rank: Int) throws(ComputeError) -> [Int] {
        guard let permutation else { return (0..<rank).reversed() }
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
        let shape = Shape(order.map { source.shape[$0] })
        let long = order.filter { source.shape[$0] != 1 }
        if long == long.sorted() {
            outputs.set(0, try source.reshaped(to: shape))
            return
        }
        let steps = source.shape.strides
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        try canvas.copy(
            source, Block(sizes: shape.dimensions, sourceSteps: order.map { steps[$0] }, targetSteps: shape.strides))
        outputs.set(0, try canvas.finish())
    }
}
