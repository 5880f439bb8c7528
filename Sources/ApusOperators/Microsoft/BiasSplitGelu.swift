// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds a bias, splits the features in two and multiplies one half by the Gaussian error linear unit of the other.
package struct BiasSplitGelu: Operator {
    package static let schema = Schema("BiasSplitGelu", domain: OperatorDomain.microsoft, inputs: 2...2)
    package static let widensHalf = true

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard let dimensions, let width = dimensions.last else { return [.tensor(elementType, nil)] }
        return [.tensor(elementType, dimensions.dropLast() + [width.floorDivided(by: 2)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let bias = try FeatureVector(try inputs.tensor(1), for: source)
        let width = source.shape[source.shape.rank - 1]
        guard width % 2 == 0 else { throw .shape("\(source) has an odd number of features") }
        let half = width / 2
        let values = try source.elements(of: Float.self)
        let shape = Shape(source.shape.dimensions.dropLast() + [half])
        try outputs.write(0, of: Float.self, shape) { (target) throws(ComputeError) in
            for index in target.indices {
                let left = index / half * width + index % half
                let right = left + half
                target[index] =
                    (values[left] + bias[left]) * FusedActivation.gelu(values[right] + bias[right])
            }
        }
    }
}
