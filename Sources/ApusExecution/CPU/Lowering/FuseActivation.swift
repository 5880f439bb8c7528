// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Applies an activation that follows a lowered product in its epilogue.
package struct FuseActivation: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.isLowered("Conv") || node.isLowered("ImageConv") || node.isLowered("MatMul")
            || node.isLowered("MatMulInteger") || node.isLowered("MatMulNBits")
        {
            guard node.attributes["activation"] == nil, let consumer = index.onlyConsumer(of: node.outputs[0]) else {
                continue
            }
            if node.operatorName == "MatMulInteger", node.input(4).isEmpty { continue }
            let next = index.graph.nodes[consumer]
            guard next.inputs.first == node.outputs[0], let activation = index.activation(of: next) else { continue }
            try patch.fuse(
                position, into: consumer,
                node.adding(EpilogueAttributes(activation).attributes, outputs: next.outputs))
        }
    }
}
