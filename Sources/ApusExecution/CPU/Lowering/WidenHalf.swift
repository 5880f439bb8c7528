// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Lets stretches of a graph in half types compute and hand on `f32`, with weights widened once and not at every run.
///
/// Operators compute half types in `f32` anyway; what goes is the rounding between them.
package struct WidenHalf: Pass {
    /// Where it is given, the pass leaves graphs alone in which no node of this operator makes a half type.
    var needed: String?

    /// Operators that take any floating-point type for all their floating-point inputs and outputs.
    private static let indifferent: Set<String> = [
        "LayerNormalization", "RMSNormalization", "BatchNormalization",
    ]
    /// Operators that move elements: widened where what they move is.
    private static let movements: Set<String> = [
        "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Concat", "Split", "Slice", "Expand", "Identity",
        "Where",
    ]

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        let isCalledFor = index.graph.nodes.contains { node in
            (needed == nil || node.operatorName == needed) && node.outputs.contains { isHalf($0, index) }
        }
        guard isCalledFor else { return }
        var wide: Set<String> = []
        var positions: Set<Int> = []
        for (position, node) in index.graph.nodes.enumerated() where isWidened(node, wide, index) {
            positions.insert(position)
            wide.formUnion(node.outputs.filter { isHalf($0, index) })
        }
        guard !positions.isEmpty else { return }
        var names = Names(wide: [:], cast: [:])
        for name in wide {
            let isRead = (index.consumers[name] ?? []).contains { !positions.contains($0) }
            names.wide[name] = isRead || index.isOutput(name) ? patch.names.fresh(name + "_wide") : name
        }
        for position in positions.sorted() {
            var node = index.graph.nodes[position]
            for input in node.inputs.indices where isHalf(node.inputs[input], index) {
                node.inputs[input] = try widened(node.inputs[input], position, &names, index, &patch)
            }
            for output in node.outputs.indices {
                let name = node.outputs[output]
                guard let new = names.wide[name] else { continue }
                node.outputs[output] = new
                patch.setType(new, .tensor(.float32, index.dimensions(of: name)))
                guard new != name, let type = index.elementType(of: name) else { continue }
                try patch.add(cast(new, name, to: type, index), before: position + 1)
            }
            try patch.replace(position, with: node)
        }
    }

    private struct Names {
        var wide: [String: String]
        var cast: [String: String]
    }

    private func isHalf(_ name: String, _ index: GraphIndex) -> Bool {
        guard !name.isEmpty, let type = index.elementType(of: name) else { return false }
        return type == .float16 || type == .bfloat16
    }

    private func isWidened(_ node: Node, _ wide: Set<String>, _ index: GraphIndex) -> Bool {
        guard let operation = node.operation, node.subgraphs.isEmpty,
            (node.inputs + node.outputs).allSatisfy({ $0.isEmpty || index.elementType(of: $0) != nil }),
            node.inputs.contains(where: { isHalf($0, index) }), node.outputs.contains(where: { isHalf($0, index) })
        else { return false }
        if type(of: operation).widensHalf { return true }
        guard node.domain.isEmpty else { return false }
        if Self.indifferent.contains(node.operatorName) { return true }
        return Self.movements.contains(node.operatorName) && node.inputs.contains { wide.contains($0) }
    }

    /// The value in `f32`: as it is made now, or converted, at build time where it is a constant.
    private func widened(
        _ name: String, _ position: Int, _ names: inout Names, _ index: GraphIndex, _ patch: inout Patch
    ) throws(ComputeError) -> String {
        if let found = names.wide[name] ?? names.cast[name] { return found }
        let result: String
        if let tensor = index.constant(name) {
            var copy = try MutableTensor(.float32, tensor.shape)
            var elements = try copy.elements(of: Float.self)
            try tensor.widen(into: &elements)
            result = patch.addConstant(copy.finish(), name)
        } else {
            result = patch.names.fresh(name + "_wide")
            try patch.add(cast(name, result, to: .float32, index), before: position)
            patch.setType(result, .tensor(.float32, index.dimensions(of: name)))
        }
        names.cast[name] = result
        return result
    }

    private func cast(_ source: String, _ target: String, to type: ElementType, _ index: GraphIndex) -> Node {
        Node(
            "Cast", opset: Swift.max(13, index.graph.opsets[""] ?? 13), inputs: [source], outputs: [target],
            attributes: ["to": .integer(Int(type.rawValue))])
    }
}
