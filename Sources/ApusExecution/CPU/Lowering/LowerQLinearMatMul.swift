// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces quantised products whose right side and scales are constants by ones with packed weights.
package struct LowerQLinearMatMul: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() {
            let isGemm = node.domain == "com.microsoft" && node.operatorName == "QGemm"
            guard isGemm || (node.domain.isEmpty && node.operatorName == "QLinearMatMul"),
                let weights = index.constant(node.input(3)),
                weights.elementType == .int8 || weights.elementType == .uint8, weights.shape.rank == 2,
                weights.elementCount > 0, !isGemm || isPlain(node)
            else { continue }
            let transposes = isGemm && node.integer("transB") == 1
            let (k, n) = transposes ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
            let (scalePosition, zeroPosition) = isGemm ? (7, 8) : (6, 7)
            guard let scales = QuantizedScales(node, index, weightScale: 4, outputScale: scalePosition),
                scales.count == 1 || scales.count == n, let output = index.constant(node.input(zeroPosition)),
                let inputZeroPoint = index.scalarInteger(node.input(2)),
                let outputZeroPoint = index.scalarInteger(node.input(zeroPosition)),
                let zeroPoints = index.zeroPoints(node.input(5), count: n)
            else { continue }
            let bias = isGemm ? node.input(6) : ""
            if !bias.isEmpty, index.constant(bias)?.elementCount != n { continue }
            let multipliers = try scales.multipliers()
            let factors = try multipliers.array(of: Float.self)
            let zero = (try? zeroPoints.array(of: Int32.self)) ?? []
            let isSigned = weights.elementType == .int8
            let biases = try index.constant(bias)?.integers().map { Int32(clamping: $0) } ?? []
            let isInRows =
                k % 4 == 0 && output.elementType == .uint8 && index.elementType(of: node.inputs[0]) == .uint8
                && zero.allSatisfy { $0 == (isSigned ? 0 : 128) } && factors.allSatisfy(\.isFinite)
            let count =
                isInRows ? kernels.packedByteRowsByteCount(k: k, n: n) : kernels.packedByteGEMMByteCount(k: k, n: n)
            let packed = try unsafe PackedWeights.make(byteCount: count) { target in
                // SAFETY: the constant holds k * n bytes, the target the bytes asked for.
                let operand = unsafe ByteOperand(
                    weights.baseAddress, isSigned: weights.elementType == .int8, rowStride: transposes ? 1 : n,
                    columnStride: transposes ? k : 1)
                if isInRows {
                    unsafe kernels.packByteRows(
                        k: k, n: n, operand, zeroPoint: isSigned ? 0 : 128, biases: biases, scales: factors,
                        aZeroPoint: Int32(inputZeroPoint), into: target)
                } else {
                    unsafe kernels.packByteGEMM(k: k, n: n, operand, into: target)
                }
            }
            var inputs = [
                node.inputs[0], patch.addConstant(packed, node.input(3) + ".packed"),
                patch.addConstant(multipliers, "multipliers"),
                patch.addConstant(zeroPoints, "zero_points"),
            ]
            if !bias.isEmpty { inputs.append(bias) }
            try patch.lower(
                position, node, to: "QLinearMatMul", inputs: inputs,
                attributes: [
                    "k": .integer(k), "n": .integer(n), "isa": .string(kernels.instructionSet.rawValue),
                    "x_zero_point": .integer(inputZeroPoint), "y_zero_point": .integer(outputZeroPoint),
                    "output_type": .integer(Int(output.elementType.rawValue)), "rows": .integer(isInRows ? 1 : 0),
                ])
        }
    }

    private func isPlain(_ node: Node) -> Bool {
        if case .float(let alpha) = node.attributes["alpha"], alpha != 1 { return false }
        return node.integer("transA") != 1 && !node.input(7).isEmpty && !node.input(8).isEmpty
    }
}
