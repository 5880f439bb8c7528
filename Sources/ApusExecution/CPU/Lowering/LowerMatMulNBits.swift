// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
import ApusOperators
package import ApusTensors

/// Replaces `MatMulNBits` with constant weights by products whose weights are packed as they are.
package struct LowerMatMulNBits: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated()
        where node.domain == OperatorDomain.microsoft && node.operatorName == "MatMulNBits" {
            guard index.elementType(of: node.input(0)) == .float32, let weights = weights(node, index),
                isIdentity(node.input(4), weights, index), isBias(node.input(5), weights.n, index)
            else { continue }
            let (packed, attributes) = try weights.packed(kernels)
            var inputs = [node.inputs[0], patch.addConstant(packed, node.input(1) + ".packed")]
            if !node.input(5).isEmpty { inputs.append(node.input(5)) }
            try patch.lower(position, node, to: "MatMulNBits", inputs: inputs, attributes: attributes)
        }
    }

    private func weights(_ node: Node, _ index: GraphIndex) -> CodedWeights? {
        guard node.operation != nil, let k = node.integer("K"), let n = node.integer("N"),
            let block = node.integer("block_size"), let codes = index.constant(node.input(1)),
            codes.elementType == .uint8, let scales = index.constant(node.input(2)), scales.elementType == .float32
        else { return nil }
        let bits = node.integer("bits") ?? 4
        let blocks = (k - 1) / block + 1
        guard codes.elementCount == n * blocks * (block * bits / 8), scales.elementCount == n * blocks,
            let factors = try? scales.array(of: Float.self), let zeroPoints = zeroPoints(node, bits, blocks, n, index)
        else { return nil }
        return CodedWeights(
            k: k, n: n, bits: bits, storedBits: bits, block: block, isSigned: false, codes: codes,
            columnStride: blocks * block, depthStride: 1, scales: factors, zeroPoints: zeroPoints,
            scaleColumnStride: blocks, scaleBlockStride: 1)
    }

    private func zeroPoints(_ node: Node, _ bits: Int, _ blocks: Int, _ n: Int, _ index: GraphIndex) -> [Float]? {
        let name = node.input(3)
        if name.isEmpty { return [Float](repeating: Float(1 << (bits - 1)), count: n * blocks) }
        guard let tensor = index.constant(name) else { return nil }
        if tensor.elementType == .float32 {
            return tensor.elementCount == n * blocks ? try? tensor.array(of: Float.self) : nil
        }
        let rowBytes = (blocks * bits + 7) / 8
        guard let packed = try? PackedNumbers(tensor, bits: bits), packed.byteCount == n * rowBytes else { return nil }
        return (0..<n * blocks).map { Float(packed.value(byte: $0 / blocks * rowBytes, $0 % blocks)) }
    }

    /// Whether the groups are the blocks, in order.
    private func isIdentity(_ name: String, _ weights: CodedWeights, _ index: GraphIndex) -> Bool {
        if name.isEmpty { return true }
        guard let groups = try? index.constant(name)?.integers(), groups.count >= weights.k else { return false }
        return (0..<weights.k).allSatisfy { groups[$0] == $0 / weights.block }
    }

    private func isBias(_ name: String, _ n: Int, _ index: GraphIndex) -> Bool {
        name.isEmpty || index.type(of: name) == .tensor(.float32, [Dimension(n)])
    }
}
