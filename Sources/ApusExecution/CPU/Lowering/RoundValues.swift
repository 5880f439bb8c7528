// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Keeps values between lowered nodes in bf16 where every reader takes them so: what is rounded before it
/// is multiplied is rounded when it is stored, once, and takes half the memory on its way.
package struct RoundValues: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        guard kernels.precision == .bf16 else { return }
        let nodes = index.graph.nodes
        let ports = nodes.map { RoundedPorts($0, index, kernels) }
        var rounded = Set(nodes.indices.lazy.flatMap { ports[$0].makes ? nodes[$0].outputs : [] })
        rounded = rounded.filter { mayRound($0, index) }
        // What cannot be rounded keeps others from it, until nothing changes any more.
        var isStable = false
        while !isStable {
            isStable = true
            for (node, ports) in zip(nodes, ports) {
                var refused = node.inputs.indices.filter { !ports.reads.contains($0) }.map { node.inputs[$0] }
                refused += Set(node.reads).subtracting(node.inputs)
                if ports.isUniform {
                    let values = ports.reads.map { node.inputs[$0] } + node.outputs.filter { !$0.isEmpty }
                    if !values.allSatisfy(rounded.contains) { refused += values }
                }
                for name in refused where rounded.remove(name) != nil { isStable = false }
            }
        }
        for (position, node) in nodes.enumerated() {
            guard node.outputs.contains(where: rounded.contains) else { continue }
            for name in node.outputs {
                if let sizes = index.dimensions(of: name) { patch.setType(name, .tensor(.bfloat16, sizes)) }
            }
            if node.domain == PackedWeights.domain {
                try patch.replace(
                    position, with: node.adding(["output_precision": .string(Precision.bf16.rawValue)]))
            } else if node.operatorName == "Add" {
                try patch.lower(position, node, to: "ImageSum", inputs: node.inputs, attributes: [:])
            }
        }
    }

    /// Whether a value is of floats and nobody outside reads it.
    private func mayRound(_ name: String, _ index: GraphIndex) -> Bool {
        !name.isEmpty && !index.isFixed(name) && index.elementType(of: name) == .float32
            && index.dimensions(of: name) != nil
    }
}

/// What a node takes and gives as bf16.
private struct RoundedPorts {
    /// The inputs it reads.
    var reads: Set<Int> = []
    /// Whether its outputs can be.
    var makes = false
    /// Whether its outputs are just when those inputs are.
    var isUniform = false

    init(_ node: Node, _ index: GraphIndex, _ kernels: Kernels) {
        if node.domain.isEmpty { passOn(node, index) }
        guard node.domain == PackedWeights.domain else { return }
        let reader = NodeReader(node)
        switch node.operatorName {
        case "ImageConv":
            guard let convolution = try? LoweredImageConv(reader) else { return }
            makes = convolution.makesRounded
            reads = convolution.readsRounded(kernels) ? [0, 3] : [3]
        case "ImageBlock":
            guard let block = try? LoweredImageBlock(reader) else { return }
            makes = block.makesRounded
            reads = block.readsRounded ? [0, 7] : [7]
        case "ImageConcat":
            guard let concatenation = try? LoweredImageConcat(reader) else { return }
            makes = concatenation.makesRounded
            reads = concatenation.roundedInputs(kernels)
        case "ImagePool": (makes, reads) = (true, [0])
        case "MatMul":
            guard let product = try? LoweredMatMul(reader) else { return }
            makes = product.makesRounded && node.input(3).isEmpty
            reads = product.readsRounded ? [0] : []
        default: break
        }
    }

    /// Operators that move elements, and sums.
    private mutating func passOn(_ node: Node, _ index: GraphIndex) {
        guard node.subgraphs.isEmpty else { return }
        switch node.operatorName {
        case "Split", "Slice": reads = [0]
        case "Resize":
            guard [nil, "nearest"].contains(node.string("mode")) else { return }
            reads = [0]
        case "Concat": reads = Set(node.inputs.indices)
        case "Add":
            guard node.inputs.count == 2, let sizes = index.dimensions(of: node.inputs[0]), sizes.count == 4,
                !sizes.contains(where: \.isUnknown), index.dimensions(of: node.inputs[1]) == sizes
            else { return }
            reads = [0, 1]
        default: return
        }
        (makes, isUniform) = (true, true)
    }
}
