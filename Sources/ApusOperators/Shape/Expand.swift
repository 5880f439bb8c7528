// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Repeats its input along axes of size 1, and along new ones in front, to fit a shape.
package struct Expand: Operator {
    package static let schema = Schema("Expand", since: 8, inputs: 2...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        if let sizes = inputs.elements(1) {
            let result = Dimension.broadcasting(dimensions, sizes)
            if result.count == 1, let count = result[0].value,
                (0...InferredValue.elementLimit).contains(count), elementType.isInteger, let own = inputs.elements(0)
            {
                if own.count == count { return [.integers(elementType, own)] }
                if own.count == 1 { return [.integers(elementType, [Dimension](repeating: own[0], count: count))] }
            }
            return [.tensor(elementType, result)]
        }
        guard let rank = inputs.length(1) else { return [.tensor(elementType, nil)] }
        let sizes = [Dimension](repeating: .unknown, count: rank)
        return [.tensor(elementType, Dimension.broadcasting(dimensions, sizes))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = try source.shape.broadcast(with: Shape(try inputs.tensor(1).integers()))
        outputs.set(0, try source.expanded(to: shape, in: outputs.context))
    }
}
