// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The same elements as a matrix: axes before the given one become rows, the others columns.
package struct Flatten: Operator {
    package static let schema = Schema("Flatten", inputs: 1...1)

    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.integer("axis", default: 1) }

    private func split(rank: Int) throws(ComputeError) -> Int {
        guard axis >= -rank, axis <= rank else { throw .shape("axis \(axis) is outside the rank \(rank)") }
        return axis < 0 ? axis + rank : axis
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, [.unknown, .unknown])] }
        let split = try split(rank: dimensions.count)
        return [.tensor(elementType, [product(dimensions[..<split]), product(dimensions[split...])])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let split = try split(rank: source.shape.rank)
        let rows = source.shape[..<split].reduce(1, &*)
        let columns = source.shape[split...].reduce(1, &*)
        outputs.set(0, try source.reshaped(to: Shape(rows, columns)))
    }
}
