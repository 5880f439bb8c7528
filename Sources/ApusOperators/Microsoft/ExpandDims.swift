// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Inserts an axis of size 1.
package struct ExpandDims: Operator {
    package static let schema = Schema("ExpandDims", domain: OperatorDomain.microsoft, inputs: 2...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let axis = try inputs.tensor(1).scalarInteger()
        let rank = source.shape.rank
        guard axis >= -rank - 1, axis <= rank else { throw .shape("axis \(axis) cannot be inserted into \(source)") }
        var dimensions = source.shape.dimensions
        dimensions.insert(1, at: axis < 0 ? axis + rank + 1 : axis)
        outputs.set(0, try source.reshaped(to: Shape(dimensions)))
    }
}
