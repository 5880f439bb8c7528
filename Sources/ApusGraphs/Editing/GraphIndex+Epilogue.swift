// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What follows a node that a kernel can do while it writes the node's result.
package struct Epilogue: Sendable {
    /// The value added, of the same sizes.
    package var residual: String?
    /// The position of the activation.
    package var activation: Int?
    /// The positions of the nodes taken over, in order.
    package var positions: [Int] = []
    /// The value that all of them together make.
    package var output: String
}

extension GraphIndex {
    /// The sum with a value of the same sizes and the activation that follow a value nothing else reads.
    ///
    /// The activation's further inputs must be constant; a value of a known single use is all that is taken over.
    package func epilogue(
        after name: String, activations: Set<String>, allowsResidual: Bool = true
    ) -> Epilogue {
        var result = Epilogue(output: name)
        while let position = onlyConsumer(of: result.output) {
            let node = graph.nodes[position]
            guard node.captures.isEmpty, let output = node.outputs.first, node.outputs.dropFirst().allSatisfy(\.isEmpty)
            else { break }
            if allowsResidual, result.residual == nil, node.domain.isEmpty, node.operatorName == "Add",
                node.inputs.count == 2, node.inputs[0] != node.inputs[1]
            {
                let other = node.inputs[0] == result.output ? node.inputs[1] : node.inputs[0]
                guard let sizes = dimensions(of: other), sizes == dimensions(of: result.output),
                    !sizes.contains(where: \.isUnknown), elementType(of: other) == elementType(of: result.output)
                else { break }
                result.residual = other
            } else if activations.contains(node.qualifiedName), node.inputs.first == result.output,
                node.inputs.dropFirst().allSatisfy({ $0.isEmpty || constant($0) != nil })
            {
                result.activation = position
            } else {
                break
            }
            result.positions.append(position)
            result.output = output
            if result.activation != nil { break }
        }
        return result
    }
}
