// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces convolutions of one and two dimensions with constant `f32` weights by ones with packed weights.
package struct LowerConv: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.domain.isEmpty && node.operatorName == "Conv"
        {
            guard let weights = index.constant(node.input(1)), weights.elementType == .float32,
                let convolution = ConvolutionAttributes(node, weights: weights.shape, kernels.instructionSet)
            else { continue }
            let shape = convolution.shape
            let packed = try unsafe PackedWeights.make(byteCount: kernels.packedConvolutionByteCount(shape)) { target in
                // SAFETY: the constant holds outputChannels * depth floats, the target the bytes asked for.
                unsafe kernels.packConvolution(shape, weights: weights.floats, into: target)
            }
            var inputs = [node.inputs[0], patch.addConstant(packed, node.input(1) + ".packed")]
            if !node.input(2).isEmpty { inputs.append(node.inputs[2]) }
            try patch.lower(
                position, node, to: "Conv", inputs: inputs, attributes: convolution.attributes(of: node))
        }
    }
}
