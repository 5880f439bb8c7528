// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds a value of the same shape to a lowered convolution or product in its epilogue.
package struct FuseResidual: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        var taken: Set<Int> = []
        for (position, node) in index.graph.nodes.enumerated()
        where node.isLowered("Conv") || node.isLowered("ImageConv") || node.isLowered("MatMul")
            || node.isLowered("MatMulNBits")
        {
            guard node.input(3).isEmpty, node.attributes["activation"] == nil,
                let consumer = index.onlyConsumer(of: node.outputs[0]), !taken.contains(consumer)
            else { continue }
            let add = index.graph.nodes[consumer]
            guard add.domain.isEmpty, add.operatorName == "Add", add.inputs.count == 2,
                let residual = add.inputs.first(where: { $0 != node.outputs[0] }),
                let dimensions = index.dimensions(of: node.outputs[0]), !dimensions.contains(where: \.isUnknown),
                index.type(of: residual) == .tensor(.float32, dimensions)
            else { continue }
            taken.insert(consumer)
            try patch.fuse(position, into: consumer, node.settingInput(3, residual).adding([:], outputs: add.outputs))
        }
    }
}
