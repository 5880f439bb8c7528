// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces quantised convolutions whose weights and scales are constants by ones with packed weights.
package struct LowerQLinearConv: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.domain.isEmpty && node.operatorName == "QLinearConv" {
            guard let weights = index.constant(node.input(3)),
                weights.elementType == .int8 || weights.elementType == .uint8,
                let convolution = ConvolutionAttributes(node, weights: weights.shape, kernels.instructionSet),
                let scales = QuantizedScales(node, index, weightScale: 4, outputScale: 6),
                let output = index.constant(node.input(7)), let inputZeroPoint = index.scalarInteger(node.input(2)),
                let outputZeroPoint = index.scalarInteger(node.input(7)),
                let zeroPoints = index.zeroPoints(node.input(5), count: weights.shape[0])
            else { continue }
            let shape = convolution.shape
            let bytes = kernels.packedByteConvolutionByteCount(shape)
            let packed = try unsafe PackedWeights.make(byteCount: bytes) { target in
                // SAFETY: the constant holds outputChannels * depth bytes, the target the bytes asked for.
                unsafe kernels.packByteConvolution(
                    shape, weights: weights.baseAddress, isSigned: weights.elementType == .int8,
                    zeroPoints: zeroPoints.words, into: target)
            }
            var attributes = convolution.attributes(of: node)
            attributes["x_zero_point"] = .integer(inputZeroPoint)
            attributes["y_zero_point"] = .integer(outputZeroPoint)
            attributes["output_type"] = .integer(Int(output.elementType.rawValue))
            var inputs = [
                node.inputs[0], patch.addConstant(packed, node.input(3) + ".packed"),
                patch.addConstant(try scales.multipliers(), "multipliers"),
            ]
            if !node.input(8).isEmpty { inputs.append(node.inputs[8]) }
            try patch.lower(position, node, to: "QLinearConv", inputs: inputs, attributes: attributes)
        }
    }
}
