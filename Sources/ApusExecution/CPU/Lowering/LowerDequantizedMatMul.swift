// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
import ApusOperators
package import ApusTensors

/// Replaces `MatMul` and `Gemm` of dequantized constants by products that read the integers.
///
/// It must run before those constants are folded to floats.
package struct LowerDequantizedMatMul: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.domain.isEmpty {
            let isGemm = node.operatorName == "Gemm"
            guard isGemm || node.operatorName == "MatMul", index.elementType(of: node.input(0)) == .float32,
                node.integer("transA") ?? 0 == 0,
                let weights = weights(node.input(1), isTurned: isGemm && node.integer("transB") == 1, index),
                let bias = isGemm ? index.gemmBias(node, columns: weights.n) : ""
            else { continue }
            var (packed, attributes) = try weights.packed(kernels)
            if case .float(let alpha) = node.attributes["alpha"], alpha != 1 { attributes["alpha"] = .float(alpha) }
            var inputs = [node.inputs[0], patch.addConstant(packed, node.input(1) + ".packed")]
            if !bias.isEmpty { inputs.append(bias) }
            try patch.lower(position, node, to: "MatMulNBits", inputs: inputs, attributes: attributes)
        }
    }

    /// The integers behind the name, seen through transposing and widening; `isTurned` says that columns come first.
    private func weights(_ name: String, isTurned: Bool, _ index: GraphIndex, depth: Int = 0) -> CodedWeights? {
        guard let node = index.producer(of: name), node.domain.isEmpty, depth < 3 else { return nil }
        if node.operatorName == "Transpose" {
            guard case .integers([1, 0])? = node.attributes["perm"] ?? .integers([1, 0]) else { return nil }
            return weights(node.input(0), isTurned: !isTurned, index, depth: depth + 1)
        }
        if node.operatorName == "Cast" {
            guard index.elementType(of: name) == .float32, isHalf(index.elementType(of: node.input(0))) else {
                return nil
            }
            return weights(node.input(0), isTurned: isTurned, index, depth: depth + 1)
        }
        guard node.operatorName == "DequantizeLinear", let codes = index.constant(node.input(0)),
            let scale = index.constant(node.input(1)), codes.shape.rank == 2, codes.elementCount > 0,
            scale.elementType == .float32 || isHalf(scale.elementType),
            [0, 1].contains(node.integer("output_dtype") ?? 0),
            [-2, -1, 0, 1].contains(node.integer("axis") ?? 1)
        else { return nil }
        let isSigned: Bool
        switch codes.elementType {
        case .int8, .int4, .int2: isSigned = true
        case .uint8, .uint4, .uint2: isSigned = false
        default: return nil
        }
        let (k, n) = isTurned ? (codes.shape[1], codes.shape[0]) : (codes.shape[0], codes.shape[1])
        guard let places = places(of: scale, node, k: k, n: n, isTurned: isTurned),
            let scales = try? scale.scales(),
            let zeroPoints = zeroPoints(node, codes.elementType, count: scales.count, index)
        else { return nil }
        return CodedWeights(
            k: k, n: n, bits: codes.elementType.storedBitWidth, storedBits: 8, block: places.block, isSigned: isSigned,
            codes: codes, columnStride: isTurned ? k : 1, depthStride: isTurned ? 1 : n, scales: scales,
            zeroPoints: zeroPoints, scaleColumnStride: places.columnStride, scaleBlockStride: places.blockStride)
    }

    private func isHalf(_ type: ElementType?) -> Bool { type == .float16 || type == .bfloat16 }

    /// How the scales lie; nil where they differ more often along the depth than it pays to read them.
    private func places(
        of scale: Tensor, _ node: Node, k: Int, n: Int, isTurned: Bool
    ) -> (block: Int, columnStride: Int, blockStride: Int)? {
        let block = node.integer("block_size") ?? 0
        if scale.elementCount == 1, scale.shape.rank <= 1 || block == 0 { return (k, 0, 0) }
        let axis = node.integer("axis") ?? 1
        let isAlongColumns = (axis < 0 ? axis + 2 : axis) == (isTurned ? 0 : 1)
        if block == 0 { return isAlongColumns && scale.shape == [n] ? (k, 1, 0) : nil }
        let blocks = (k - 1) / max(1, block) + 1
        guard !isAlongColumns, block >= min(8, k), scale.shape == (isTurned ? [n, blocks] : [blocks, n]) else {
            return nil
        }
        return (min(block, k), isTurned ? blocks : 1, isTurned ? 1 : n)
    }

    private func zeroPoints(_ node: Node, _ type: ElementType, count: Int, _ index: GraphIndex) -> [Float]? {
        if node.input(2).isEmpty { return [Float](repeating: 0, count: count) }
        guard let tensor = index.constant(node.input(2)), tensor.elementType == type, tensor.elementCount == count,
            let numbers = try? tensor.zeroPoints()
        else { return nil }
        return numbers.map { Float($0) }
    }
}
