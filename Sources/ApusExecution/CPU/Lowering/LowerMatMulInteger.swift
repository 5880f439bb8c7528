// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces integer products with a constant right side by ones with packed weights.
package struct LowerMatMulInteger: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.domain.isEmpty && node.operatorName == "MatMulInteger" {
            guard let weights = index.constant(node.input(1)),
                weights.elementType == .int8 || weights.elementType == .uint8, weights.shape.rank == 2,
                weights.elementCount > 0, isScalar(node.input(2), index),
                let zeroPoints = index.zeroPoints(node.input(3), count: weights.shape[1])
            else { continue }
            let (k, n) = (weights.shape[0], weights.shape[1])
            let zero = (try? zeroPoints.integers()) ?? []
            let isSigned = weights.elementType == .int8
            let isInRows =
                k % 4 == 0 && index.elementType(of: node.inputs[0]) == .uint8
                && zero.allSatisfy { $0 == (isSigned ? 0 : 128) }
            let count =
                isInRows ? kernels.packedByteRowsByteCount(k: k, n: n) : kernels.packedByteGEMMByteCount(k: k, n: n)
            let packed = try unsafe PackedWeights.make(byteCount: count) { target in
                // SAFETY: the constant holds k * n bytes, the target the bytes asked for.
                let operand = unsafe ByteOperand(
                    weights.baseAddress, isSigned: isSigned, rowStride: n)
                if isInRows {
                    unsafe kernels.packByteRows(
                        k: k, n: n, operand, zeroPoint: isSigned ? 0 : 128, into: target)
                } else {
                    unsafe kernels.packByteGEMM(k: k, n: n, operand, into: target)
                }
            }
            let hasZeroPoints = !isInRows && zero.contains { $0 != 0 }
            let inputs = [
                node.inputs[0], patch.addConstant(packed, node.input(1) + ".packed"), node.input(2),
                hasZeroPoints ? patch.addConstant(zeroPoints, "zero_points") : "",
            ]
            try patch.lower(
                position, node, to: "MatMulInteger", inputs: inputs,
                attributes: [
                    "k": .integer(k), "n": .integer(n), "isa": .string(kernels.instructionSet.rawValue),
                    "rows": .integer(isInRows ? 1 : 0),
                ])
        }
    }

    private func isScalar(_ name: String, _ index: GraphIndex) -> Bool {
        name.isEmpty || index.type(of: name).shape?.elementCount == 1
    }
}
