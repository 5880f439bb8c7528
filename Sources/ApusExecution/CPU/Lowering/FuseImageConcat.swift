// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Lets convolutions write their channels where a concatenation would copy them.
package struct FuseImageConcat: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.domain.isEmpty && node.operatorName == "Concat" && [3, -1].contains(node.integer("axis")) {
            guard Set(node.inputs).count == node.inputs.count,
                node.inputs.allSatisfy({
                    index.elementType(of: $0) == .float32 && index.dimensions(of: $0)?.count == 4
                })
            else { continue }
            let producers = node.inputs.map { convolution($0, index) }
            guard producers.contains(where: { $0 != nil }) else { continue }
            var inputs: [String] = []
            var attributes: [String: Attribute] = ["parts": .integer(node.inputs.count)]
            for (part, producer) in producers.enumerated() {
                guard let producer else {
                    inputs += [node.inputs[part], "", ""]
                    continue
                }
                let convolution = index.graph.nodes[producer]
                inputs += (0..<LoweredImageConcat.inputsPerPart).map { convolution.input($0) }
                for (name, attribute) in convolution.attributes {
                    attributes[LoweredImageConcat.prefix(part) + name] = attribute
                }
                patch.remove(producer)
            }
            while inputs.last == "" { inputs.removeLast() }
            try patch.lower(position, node, to: "ImageConcat", inputs: inputs, attributes: attributes)
        }
    }

    /// The place of the convolution that makes a value for the concatenation alone.
    private func convolution(_ name: String, _ index: GraphIndex) -> Int? {
        guard index.onlyConsumer(of: name) != nil, let producer = index.producers[name] else { return nil }
        let node = index.graph.nodes[producer]
        return node.isLowered("ImageConv") && node.inputs.count <= LoweredImageConcat.inputsPerPart ? producer : nil
    }
}
