// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
import ApusOperators
package import ApusTensors

/// Replaces convolutions of one and two dimensions with constant `f32` weights by ones with packed weights.
package struct LowerConv: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.domain.isEmpty && node.operatorName == "Conv"
        {
            guard let weights = index.constant(node.input(1)), weights.elementType == .float32,
                weights.shape.rank == 3 || weights.shape.rank == 4, weights.elementCount > 0,
                let geometry = try? ConvolutionGeometry(NodeReader(node)),
                (try? geometry.check(rank: weights.shape.rank - 2)) != nil
            else { continue }
            let groups = node.integer("group") ?? 1
            let kernel = Array(weights.shape[2...])
            guard groups > 0, weights.shape[0] % groups == 0 else { continue }
            let shape = LoweredConv.shape(
                channels: weights.shape[0], depth: weights.shape[1], groups: groups, kernel: kernel, geometry: geometry)
            let packed = try unsafe PackedWeights.make(byteCount: kernels.packedConvolutionByteCount(shape)) { target in
                // SAFETY: the constant holds outputChannels * depth floats, the target the bytes asked for.
                unsafe kernels.packConvolution(shape, weights: weights.floats, into: target)
            }
            var attributes = node.attributes
            attributes["kernel_shape"] = .integers(kernel)
            attributes["channels"] = .integer(weights.shape[0])
            attributes["channels_per_group"] = .integer(weights.shape[1])
            attributes["isa"] = .string(kernels.instructionSet.rawValue)
            var inputs = [node.inputs[0], patch.addConstant(packed, node.input(1) + ".packed")]
            if !node.input(2).isEmpty { inputs.append(node.inputs[2]) }
            try patch.lower(position, node, to: "Conv", inputs: inputs, attributes: attributes)
        }
    }
}
