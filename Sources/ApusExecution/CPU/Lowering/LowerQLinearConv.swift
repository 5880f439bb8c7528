// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
import ApusOperators
package import ApusTensors

/// Replaces quantised convolutions whose weights and scales are constants by ones with packed weights.
package struct LowerQLinearConv: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.domain.isEmpty && node.operatorName == "QLinearConv" {
            guard let weights = index.constant(node.input(3)),
                weights.elementType == .int8 || weights.elementType == .uint8,
                weights.shape.rank == 3 || weights.shape.rank == 4, weights.elementCount > 0,
                let geometry = try? ConvolutionGeometry(NodeReader(node)),
                (try? geometry.check(rank: weights.shape.rank - 2)) != nil,
                let scales = QuantizedScales(node, index, weightScale: 4, outputScale: 6),
                let output = index.constant(node.input(7)), let inputZeroPoint = index.scalarInteger(node.input(2)),
                let outputZeroPoint = index.scalarInteger(node.input(7)),
                let zeroPoints = index.zeroPoints(node.input(5), count: weights.shape[0])
            else { continue }
            let groups = node.integer("group") ?? 1
            let kernel = Array(weights.shape[2...])
            guard groups > 0, weights.shape[0] % groups == 0 else { continue }
            let shape = LoweredConv.shape(
                channels: weights.shape[0], depth: weights.shape[1], groups: groups, kernel: kernel, geometry: geometry)
            let bytes = kernels.packedByteConvolutionByteCount(shape)
            let packed = try unsafe PackedWeights.make(byteCount: bytes) { target in
                // SAFETY: the constant holds outputChannels * depth bytes, the target the bytes asked for.
                unsafe kernels.packByteConvolution(
                    shape, weights: weights.baseAddress, isSigned: weights.elementType == .int8,
                    zeroPoints: zeroPoints.words, into: target)
            }
            var attributes = node.attributes
            attributes["kernel_shape"] = .integers(kernel)
            attributes["channels"] = .integer(weights.shape[0])
            attributes["channels_per_group"] = .integer(weights.shape[1])
            attributes["isa"] = .string(kernels.instructionSet.rawValue)
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
