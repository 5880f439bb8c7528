// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds quantised images to what a channels-last convolution makes, in its epilogue.
package struct FuseQuantizedSum: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, sum) in index.graph.nodes.enumerated() where sum.isLowered("QuantizedSum") {
            // The later of the two convolutions takes the sum, so that the other value is there.
            let candidates = sum.inputs.compactMap { index.producers[$0] }.filter { producer in
                let node = index.graph.nodes[producer]
                return node.isLowered("ChannelsLastConv") && (node.integer("group") ?? 1) == 1
                    && node.input(2).isEmpty && index.onlyConsumer(of: node.outputs[0]) == position
            }
            guard let producer = candidates.max(), sum.inputs[0] != sum.inputs[1] else { continue }
            let node = index.graph.nodes[producer]
            let isFirst = sum.inputs[1] == node.outputs[0]
            var attributes = sum.attributes
            attributes["is_residual_first"] = .integer(isFirst ? 1 : 0)
            try patch.fuse(
                producer, into: position,
                node.settingInput(2, isFirst ? sum.inputs[0] : sum.inputs[1])
                    .adding(attributes, outputs: sum.outputs))
        }
    }
}
