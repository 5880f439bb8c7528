// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Computes a value once where several nodes would compute the same, and keeps small equal constants once.
package struct CommonSubexpressions: Pass {
    package init() {}

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        var same: [String: String] = [:]
        mergeConstants(index, &patch, &same)
        var first: [String: Int] = [:]
        for (position, node) in index.graph.nodes.enumerated() where node.isDeterministic {
            let inputs = node.inputs.map { same[$0] ?? $0 }
            guard let key = key(node, inputs) else { continue }
            guard let earlier = first[key] else {
                first[key] = position
                continue
            }
            let kept = index.graph.nodes[earlier].outputs
            let pairs = Array(zip(node.outputs, kept)).filter { !$0.0.isEmpty }
            guard pairs.allSatisfy({ !$0.1.isEmpty && !(index.isOutput($0.0) && index.isOutput($0.1)) }),
                node.outputs.count == kept.count
            else { continue }
            for (output, target) in pairs {
                patch.redirect(output, to: target)
                same[output] = target
            }
            patch.remove(position)
        }
    }

    private func mergeConstants(_ index: GraphIndex, _ patch: inout Patch, _ same: inout [String: String]) {
        var first: [String: String] = [:]
        for (name, tensor) in index.graph.constants.sorted(by: { $0.key < $1.key })
        where tensor.byteCount <= 1024 && tensor.elementType != .string && !index.isOutput(name) {
            let key = "\(tensor) " + AttributeKey.bytes(of: tensor)
            guard let kept = first[key] else {
                first[key] = name
                continue
            }
            patch.redirect(name, to: kept)
            patch.removeConstant(name)
            same[name] = kept
        }
    }

    /// Equal for nodes that compute the same; nil for ones that are not compared.
    private func key(_ node: Node, _ inputs: [String]) -> String? {
        var text = "\(node.domain)|\(node.operatorName)|\(node.opset)"
        for name in node.isCommutative ? inputs.sorted() : inputs { text += "|\(name.utf8.count):\(name)" }
        for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
            guard let value = AttributeKey.text(of: attribute) else { return nil }
            text += "|\(name)=\(value)"
        }
        return text
    }
}

/// Text that is equal for equal attributes.
enum AttributeKey {
    static func text(of attribute: Attribute) -> String? {
        switch attribute {
        case .integer(let value): "i\(value)"
        case .float(let value): "f\(value.bitPattern)"
        case .string(let value): "s\(value.utf8.count):\(value)"
        case .integers(let values): "I\(values)"
        case .floats(let values): "F\(values.map(\.bitPattern))"
        case .strings(let values): "S\(values.map { "\($0.utf8.count):\($0)" })"
        case .tensor(let tensor):
            tensor.elementType != .string && tensor.byteCount <= 1024 ? "t\(tensor)" + bytes(of: tensor) : nil
        case .type(let type): "y\(type)"
        case .graph, .graphs, .tensors, .types: nil
        }
    }

    static func bytes(of tensor: Tensor) -> String {
        let bytes = tensor.bytes
        var text = ""
        for index in 0..<bytes.byteCount {
            // SAFETY: every byte is a UInt8.
            text += unsafe String(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self), radix: 16) + "."
        }
        return text
    }
}
