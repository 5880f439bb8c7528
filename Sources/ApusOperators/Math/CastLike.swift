// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The elements of the first tensor converted to the type of the second.
package struct CastLike: Operator {
    package static let schema = Schema("CastLike", since: 15, inputs: 2...2)

    private let conversion: Conversion

    package init(_ node: NodeReader) throws(ComputeError) { conversion = try Conversion(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count == 2, let target = inputs[1]?.type.elementType else { return [.unknown] }
        return [Conversion.infer(inputs[0], target)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try conversion.convert(inputs.tensor(0), to: inputs.tensor(1).elementType, into: &outputs)
    }
}
