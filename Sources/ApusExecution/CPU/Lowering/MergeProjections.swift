// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Makes one product of those that project the same rows to queries, keys and values of one attention.
package struct MergeProjections: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.isLowered("Attention") {
            guard node.attributes["offsets"] == nil else { continue }
            let products = (0..<3).map { projection(node, $0, position, index) }
            for range in [0..<3, 1..<3] {
                let group = products[range].compactMap { $0 }
                guard group.count == range.count, fits(group, index) else { continue }
                try merge(group, range, position, node, index, &patch)
                break
            }
        }
    }

    /// The product that makes an input of the attention and nothing else.
    private func projection(_ node: Node, _ input: Int, _ position: Int, _ index: GraphIndex) -> Int? {
        guard index.onlyConsumer(of: node.inputs[input]) == position,
            index.dimensions(of: node.inputs[input])?.count == 3,
            let place = index.producers[node.inputs[input]]
        else { return nil }
        let product = index.graph.nodes[place]
        guard product.isLowered("MatMul"), product.input(3).isEmpty, product.attributes["activation"] == nil,
            product.attributes["transA"] == nil, product.attributes["alpha"] == nil,
            index.constant(product.input(1)) != nil,
            product.input(2).isEmpty || index.constant(product.input(2))?.elementType == .float32
        else { return nil }
        return place
    }

    private func fits(_ group: [Int], _ index: GraphIndex) -> Bool {
        let products = group.map { index.graph.nodes[$0] }
        let first = products[0]
        guard let k = first.integer("k"), Set(group).count == group.count else { return false }
        return products.allSatisfy { product in
            guard let n = product.integer("n") else { return false }
            return product.input(0) == first.input(0) && product.integer("k") == k
                && product.string("isa") == first.string("isa")
                && product.string("precision") == first.string("precision")
                && product.input(2).isEmpty == first.input(2).isEmpty
                && kernels.fillsPanels(n)
        }
    }

    private func merge(
        _ group: [Int], _ range: Range<Int>, _ position: Int, _ node: Node, _ index: GraphIndex, _ patch: inout Patch
    ) throws(ComputeError) {
        let products = group.map { index.graph.nodes[$0] }
        guard let place = group.min() else { return }
        let first = products[0]
        var (columns, offsets, inputs) = (0, [0, 0, 0], node.inputs)
        let output = patch.names.fresh(node.outputs[0] + "_projections")
        for (product, input) in zip(products, range) {
            offsets[input] = columns
            inputs[input] = output
            columns += product.integer("n") ?? 0
        }
        let weights = try joined(products.compactMap { index.constant($0.input(1)) })
        var operands = [first.input(0), patch.addConstant(weights, first.input(1))]
        if !first.input(2).isEmpty {
            var bias: [Float] = []
            for product in products { bias += try index.constant(product.input(2))?.array(of: Float.self) ?? [] }
            operands.append(patch.addConstant(try Tensor(bias, shape: [bias.count]), first.input(2)))
        }
        var merged = first.adding(["n": .integer(columns)], outputs: [output])
        merged.inputs = operands
        try patch.replace(place, with: merged)
        for other in group where other != place { patch.remove(other) }
        var attention = node.adding(["offsets": .integers(offsets)])
        attention.inputs = inputs
        try patch.replace(position, with: attention)
        if let rows = index.dimensions(of: first.outputs[0])?.dropLast() {
            patch.setType(output, .tensor(.float32, rows + [Dimension(columns)]))
        }
    }

    /// Packed weights lie panel by panel, so whole panels follow each other.
    private func joined(_ weights: [Tensor]) throws(ComputeError) -> Tensor {
        try unsafe PackedWeights.make(byteCount: weights.reduce(0) { $0 + $1.elementCount }, zeroed: false) { target in
            var start = 0
            for tensor in weights {
                // SAFETY: the target has room for all of them, one after the other.
                unsafe (target + start).copyMemory(from: tensor.baseAddress, byteCount: tensor.elementCount)
                start += tensor.elementCount
            }
        }
    }
}
