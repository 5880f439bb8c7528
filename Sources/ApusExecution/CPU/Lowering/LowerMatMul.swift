// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces `MatMul` and `Gemm` with a constant `f32` right side by products with packed weights, which are rounded to
/// the precision of the kernels where they are worth it.
package struct LowerMatMul: Pass {
    let kernels: Kernels

    /// With fewer weights than this, rounding the rows costs as much as it saves.
    private static let leastRounded = 4096

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.domain.isEmpty {
            guard node.operatorName == "MatMul" || node.operatorName == "Gemm",
                let weights = index.constant(node.input(1)), weights.elementType == .float32, weights.shape.rank == 2,
                weights.elementCount > 0
            else { continue }
            let isGemm = node.operatorName == "Gemm"
            let transposes = isGemm && node.integer("transB") == 1
            let (k, n) = transposes ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
            var attributes: [String: Attribute] = [
                "k": .integer(k), "n": .integer(n), "isa": .string(kernels.instructionSet.rawValue),
            ]
            var bias = ""
            if isGemm {
                guard let found = index.gemmBias(node, columns: n) else { continue }
                bias = found
                if node.integer("transA") == 1 { attributes["transA"] = .integer(1) }
                if case .float(let alpha) = node.attributes["alpha"], alpha != 1 { attributes["alpha"] = .float(alpha) }
            }
            let kernels = k * n < Self.leastRounded ? kernels.multiplying(.f32) : kernels
            attributes.merge(kernels.precision.attributes) { $1 }
            let packed = try unsafe PackedWeights.make(
                byteCount: kernels.packedGEMMByteCount(k: k, n: n), zeroed: false
            ) { target in
                // SAFETY: the constant holds k * n floats, the target the bytes asked for.
                let operand = unsafe MatrixOperand(
                    weights.floats, rowStride: transposes ? 1 : n, columnStride: transposes ? k : 1)
                unsafe kernels.packGEMM(k: k, n: n, operand, into: target)
            }
            var inputs = [node.inputs[0], patch.addConstant(packed, node.input(1) + ".packed")]
            if !bias.isEmpty { inputs.append(bias) }
            try patch.lower(position, node, to: "MatMul", inputs: inputs, attributes: attributes)
        }
    }
}
