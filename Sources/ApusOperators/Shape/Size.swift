// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The number of its input's elements.
package struct Size: Operator {
    package static let schema = Schema("Size", inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(.int64, [])] }
        return [.integers(.int64, [product(dimensions)], rank: 0)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, try Tensor(scalar: Int64(try inputs.tensor(0).elementCount)))
    }
}
