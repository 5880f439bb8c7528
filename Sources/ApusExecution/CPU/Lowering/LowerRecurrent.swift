// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Replaces LSTM and GRU layers with constant weights and ONNX's default activations by ones with packed weights, which
/// are rounded to the precision of the kernels.
package struct LowerRecurrent: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.domain.isEmpty {
            guard node.operatorName == "LSTM" || node.operatorName == "GRU" else { continue }
            let gates = node.operatorName == "LSTM" ? 4 : 3
            guard hasDefaults(node, gates),
                let weights = floats(index.constant(node.input(1)), rank: 3),
                let recurrence = floats(index.constant(node.input(2)), rank: 3),
                index.elementType(of: node.input(0)) == .float32
            else { continue }
            let (directions, hidden) = (recurrence.shape[0], recurrence.shape[2])
            let inputSize = weights.shape[2]
            guard weights.shape == [directions, gates * hidden, inputSize],
                recurrence.shape == [directions, gates * hidden, hidden], inputSize > 0, hidden > 0,
                directions == (node.string("direction") == "bidirectional" ? 2 : 1)
            else { continue }
            let bias = node.input(3).isEmpty ? nil : floats(index.constant(node.input(3)), rank: 2)
            guard node.input(3).isEmpty || bias?.shape == [directions, 2 * gates * hidden] else { continue }
            let attributes: [String: Attribute] = [
                "direction": .string(node.string("direction") ?? "forward"), "hidden_size": .integer(hidden),
                "input_size": .integer(inputSize), "isa": .string(kernels.instructionSet.rawValue),
            ].merging(kernels.precision.attributes) { $1 }
            var inputs = [
                node.inputs[0], patch.addConstant(try pack(weights), node.input(1) + ".packed"),
                patch.addConstant(try pack(recurrence), node.input(2) + ".packed"),
                patch.addConstant(try self.bias(bias, directions, gates * hidden, isSummed: gates == 4), "bias"),
                node.input(5),
            ]
            if gates == 4 { inputs += [node.input(6), node.input(7)] }
            while inputs.last == "" { inputs.removeLast() }
            try patch.lower(position, node, to: node.operatorName, inputs: inputs, attributes: attributes)
        }
    }

    private func hasDefaults(_ node: Node, _ gates: Int) -> Bool {
        guard node.input(4).isEmpty, node.attributes["clip"] == nil, (node.integer("layout") ?? 0) == 0,
            (node.integer("input_forget") ?? 0) == 0, node.attributes["activation_alpha"] == nil,
            node.attributes["activation_beta"] == nil
        else { return false }
        if gates == 3, node.integer("linear_before_reset") != 1 { return false }
        guard case .strings(let names) = node.attributes["activations"] else { return true }
        let expected = gates == 4 ? ["sigmoid", "tanh", "tanh"] : ["sigmoid", "tanh"]
        return names.enumerated().allSatisfy { $1.lowercased() == expected[$0 % expected.count] }
    }

    private func floats(_ tensor: Tensor?, rank: Int) -> Tensor? {
        guard let tensor, tensor.elementType == .float32, tensor.shape.rank == rank else { return nil }
        return tensor
    }

    /// Packs every direction's `[n, k]` weights, one after the other.
    private func pack(_ weights: Tensor) throws(ComputeError) -> Tensor {
        let (n, k) = (weights.shape[1], weights.shape[2])
        let bytes = kernels.packedGEMMByteCount(k: k, n: n)
        return try unsafe PackedWeights.make(byteCount: bytes * weights.shape[0]) { target in
            for direction in 0..<weights.shape[0] {
                // SAFETY: each direction has n * k floats and its own part of the target.
                let operand = unsafe MatrixOperand(
                    weights.floats + direction * n * k, rowStride: 1, columnStride: k)
                unsafe kernels.packGEMM(k: k, n: n, operand, into: target + direction * bytes)
            }
        }
    }

    /// Both biases, added up where the layer always adds both.
    private func bias(
        _ bias: Tensor?, _ directions: Int, _ width: Int, isSummed: Bool
    ) throws(ComputeError) -> Tensor {
        var result = try MutableTensor(.float32, [directions, isSummed ? width : 2 * width])
        guard let bias else { return result.finish() }
        var target = try result.elements(of: Float.self)
        let source = try bias.elements(of: Float.self)
        for index in target.indices {
            if isSummed {
                let start = index / width * 2 * width + index % width
                target[index] = source[start] + source[start + width]
            } else {
                target[index] = source[index]
            }
        }
        return result.finish()
    }
}
