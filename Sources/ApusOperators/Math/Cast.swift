// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The elements converted to another type.
package struct Cast: Operator {
    package static let schema = Schema("Cast", since: 1, inputs: 1...1)

    private let target: ElementType
    private let conversion: Conversion

    package init(_ node: NodeReader) throws(ComputeError) {
        guard let type = try node.optionalElementType("to") else { throw .attribute("attribute 'to' is missing") }
        target = type
        conversion = try Conversion(node)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [Conversion.infer(inputs.first ?? nil, target)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try conversion.convert(inputs.tensor(0), to: target, into: &outputs)
    }
}
