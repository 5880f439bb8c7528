// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds a constant row to a lowered product in its epilogue.
package struct FuseBias: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.isLowered("MatMul") || node.isLowered("MatMulNBits") {
            guard node.input(2).isEmpty, node.input(3).isEmpty, node.attributes["activation"] == nil,
                let n = node.integer("n"), let consumer = index.onlyConsumer(of: node.outputs[0])
            else { continue }
            let add = index.graph.nodes[consumer]
            guard add.domain.isEmpty, add.operatorName == "Add", add.inputs.count == 2,
                let bias = add.inputs.first(where: { $0 != node.outputs[0] }), let tensor = index.constant(bias),
                tensor.elementType == .float32, tensor.elementCount == n, tensor.shape.last == n,
                let rank = index.dimensions(of: node.outputs[0])?.count, tensor.shape.rank <= rank
            else { continue }
            try patch.fuse(position, into: consumer, node.settingInput(2, bias).adding([:], outputs: add.outputs))
        }
    }
}
