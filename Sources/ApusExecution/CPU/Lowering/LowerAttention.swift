// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces attention by a node that takes the transposes and reshapes around it into how it reads and writes.
package struct LowerAttention: Pass {
    let kernels: Kernels

    /// An operand and how its heads lie.
    private struct Operand {
        var name: String
        var heads: Int
        var features: Int
        var isPlacesFirst: Bool
        /// Nodes before it that nothing else reads.
        var gone: [Int] = []
    }

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.domain.isEmpty && node.operatorName == "Attention" {
            guard node.outputs.dropFirst().allSatisfy(\.isEmpty), (4..<7).allSatisfy({ node.input($0).isEmpty }),
                (node.integer("left_window_size") ?? -1) < 0, (node.integer("right_window_size") ?? -1) < 0,
                let query = operand(node, 0, "q_num_heads", index), let key = operand(node, 1, "kv_num_heads", index),
                let value = operand(node, 2, "kv_num_heads", index), key.heads == value.heads, key.heads > 0,
                query.heads % key.heads == 0, query.features == key.features, query.features > 0, value.features > 0
            else { continue }
            var scale = 1 / Float(query.features).squareRoot()
            if case .float(let given) = node.attributes["scale"] { scale = given }
            let target = result(of: position, node, query.heads * value.features, index)
            var attributes: [String: Attribute] = [
                "heads": .integer(query.heads), "key_heads": .integer(key.heads), "depth": .integer(query.features),
                "values": .integer(value.features), "scale": .float(scale), "rank": .integer(target.rank),
                "places_first": .integers(
                    [query, key, value].map { $0.isPlacesFirst ? 1 : 0 } + [target.isPlacesFirst ? 1 : 0]),
            ]
            // Made of other instructions, products of pairs take longer than those of floats.
            if kernels.instructionSet.multipliesPairs { attributes.merge(kernels.precision.attributes) { $1 } }
            for name in ["is_causal", "softcap"] { attributes[name] = node.attributes[name] }
            var inputs = [query.name, key.name, value.name]
            if !node.input(3).isEmpty { inputs.append(node.input(3)) }
            let lowered = Node(
                "Attention", domain: PackedWeights.domain, opset: 1, name: node.name, inputs: inputs,
                outputs: [target.name], attributes: attributes)
            try patch.replace(target.position, with: lowered)
            for place in target.gone + query.gone + key.gone + value.gone { patch.remove(place) }
        }
    }

    private func operand(_ node: Node, _ input: Int, _ headCount: String, _ index: GraphIndex) -> Operand? {
        let name = node.input(input)
        guard index.elementType(of: name) == .float32, let sizes = index.dimensions(of: name) else { return nil }
        if sizes.count == 3 {
            guard let heads = node.integer(headCount), heads > 0, let width = sizes[2].value, width % heads == 0 else {
                return nil
            }
            return Operand(name: name, heads: heads, features: width / heads, isPlacesFirst: true)
        }
        guard sizes.count == 4, let heads = sizes[1].value, let features = sizes[3].value else { return nil }
        guard let move = index.producer(of: name), isHeadMove(move) else {
            return Operand(name: name, heads: heads, features: features, isPlacesFirst: false)
        }
        let first = index.onlyConsumer(of: name) == nil ? nil : index.producers[name]
        let moved = Operand(
            name: move.inputs[0], heads: heads, features: features, isPlacesFirst: true, gone: first.map { [$0] } ?? [])
        guard let reshape = index.producer(of: moved.name), reshape.domain.isEmpty, reshape.operatorName == "Reshape",
            let source = index.dimensions(of: reshape.inputs[0]), source.count == 3, !sizes[0].isUnknown,
            !sizes[2].isUnknown, source[0] == sizes[0], source[1] == sizes[2], source[2].value == heads * features
        else { return moved }
        var result = moved
        result.name = reshape.inputs[0]
        if first != nil, index.onlyConsumer(of: moved.name) == first, let second = index.producers[moved.name] {
            result.gone.append(second)
        }
        return result
    }

    private func isHeadMove(_ node: Node) -> Bool {
        guard node.domain.isEmpty, node.operatorName == "Transpose",
            case .integers(let axes)? = node.attributes["perm"]
        else { return false }
        return axes == [0, 2, 1, 3]
    }

    /// The value to write, the place of the node that made it, and the nodes that are no longer needed.
    private func result(
        of position: Int, _ node: Node, _ width: Int, _ index: GraphIndex
    ) -> (name: String, position: Int, rank: Int, isPlacesFirst: Bool, gone: [Int]) {
        let name = node.outputs[0]
        guard let sizes = index.dimensions(of: name), sizes.count == 4 else {
            return (name, position, index.dimensions(of: node.input(0))?.count ?? 4, true, [])
        }
        guard let next = index.onlyConsumer(of: name), isHeadMove(index.graph.nodes[next]) else {
            return (name, position, 4, false, [])
        }
        let moved = index.graph.nodes[next].outputs[0]
        guard let last = index.onlyConsumer(of: moved) else { return (moved, next, 4, true, [position]) }
        let reshape = index.graph.nodes[last]
        guard reshape.domain.isEmpty, reshape.operatorName == "Reshape", reshape.inputs[0] == moved,
            let flat = index.dimensions(of: reshape.outputs[0]), flat.count == 3, !sizes[0].isUnknown,
            !sizes[2].isUnknown, flat[0] == sizes[0], flat[1] == sizes[2], flat[2].value == width
        else { return (moved, next, 4, true, [position]) }
        return (reshape.outputs[0], last, 3, true, [position, next])
    }
}
