// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Scales a lowered integer product to floats in its epilogue: `Mul(Cast(product), scale)` and a constant row added.
package struct FuseDequantization: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.isLowered("MatMulInteger") {
            guard let n = node.integer("n") else { continue }
            if node.input(4).isEmpty {
                try fuseScale(position, node, n, index, &patch)
            } else if node.input(6).isEmpty, node.attributes["activation"] == nil {
                try fuseBias(position, node, n, index, &patch)
            }
        }
    }

    private func fuseScale(
        _ position: Int, _ node: Node, _ n: Int, _ index: GraphIndex, _ patch: inout Patch
    ) throws(ComputeError) {
        guard let castPosition = index.onlyConsumer(of: node.outputs[0]) else { return }
        let cast = index.graph.nodes[castPosition]
        guard cast.domain.isEmpty, cast.operatorName == "Cast", cast.integer("to") == 1,
            let mulPosition = index.onlyConsumer(of: cast.outputs[0])
        else { return }
        let mul = index.graph.nodes[mulPosition]
        guard mul.domain.isEmpty, mul.operatorName == "Mul", mul.inputs.count == 2,
            let scale = mul.inputs.first(where: { $0 != cast.outputs[0] }),
            let (rowScale, weightScales) = scales(scale, n, index)
        else { return }
        var fused = node.settingInput(4, rowScale)
        if let weightScales { fused = fused.settingInput(5, weightScales) }
        try patch.fuse(position, into: mulPosition, fused.adding([:], outputs: mul.outputs))
        patch.remove(castPosition)
    }

    /// The scale of the rows and the scales of the weights whose product the value is.
    private func scales(_ name: String, _ n: Int, _ index: GraphIndex) -> (String, String?)? {
        if let node = index.producer(of: name), node.domain.isEmpty, node.operatorName == "Mul", node.inputs.count == 2
        {
            for (row, weights) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])]
            where isOne(row, index) {
                if let tensor = index.constant(weights), tensor.elementType == .float32,
                    tensor.elementCount == 1
                        ? tensor.shape.rank <= 1 : tensor.elementCount == n && tensor.shape.last == n
                {
                    return (row, weights)
                }
            }
        }
        return isOne(name, index) ? (name, nil) : nil
    }

    private func isOne(_ name: String, _ index: GraphIndex) -> Bool {
        let type = index.type(of: name)
        return type.elementType == .float32 && type.shape.map { $0.elementCount == 1 && $0.rank <= 1 } ?? false
    }

    private func fuseBias(
        _ position: Int, _ node: Node, _ n: Int, _ index: GraphIndex, _ patch: inout Patch
    ) throws(ComputeError) {
        guard let consumer = index.onlyConsumer(of: node.outputs[0]) else { return }
        let add = index.graph.nodes[consumer]
        guard add.domain.isEmpty, add.operatorName == "Add", add.inputs.count == 2,
            let bias = add.inputs.first(where: { $0 != node.outputs[0] }), let tensor = index.constant(bias),
            tensor.elementType == .float32, tensor.elementCount == n, tensor.shape.last == n,
            let rank = index.dimensions(of: node.outputs[0])?.count, tensor.shape.rank <= rank
        else { return }
        try patch.fuse(position, into: consumer, node.settingInput(6, bias).adding([:], outputs: add.outputs))
    }
}
