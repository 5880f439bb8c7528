// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A constant that is a node.
package struct Constant: Operator {
    package static let schema = Schema("Constant", inputs: 0...0)

    private let value: Tensor

    package init(_ node: NodeReader) throws(ComputeError) {
        switch node.node.attributes["value"] ?? node.node.attributes.first(where: { $0.key != "value" })?.value {
        case .tensor(let tensor): value = tensor
        case .float(let number): value = try Tensor(scalar: number)
        case .integer(let number): value = try Tensor(scalar: number)
        case .string(let text): value = try Tensor(strings: [text], shape: .scalar)
        case .floats(let numbers): value = try Tensor(numbers, shape: [numbers.count])
        case .integers(let numbers): value = try Tensor(numbers, shape: [numbers.count])
        case .strings(let texts): value = try Tensor(strings: texts, shape: [texts.count])
        default: throw .attribute("a constant without a value")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(.tensor(value.elementType, value.shape.map { Dimension($0) }), constant: value)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        outputs.set(0, value)
    }
}
