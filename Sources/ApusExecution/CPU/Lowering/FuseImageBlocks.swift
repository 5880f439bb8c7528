// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
import ApusOperators
package import ApusTensors

/// Computes depthwise convolutions together with the 1 x 1 convolutions around them where the images between are large.
package struct FuseImageBlocks: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        var taken: Set<Int> = []
        for (position, node) in index.graph.nodes.enumerated() where !taken.contains(position) {
            guard let block = Block(position, node, index), kernels.prefersStrips(block.shape),
                taken.isDisjoint(with: block.positions)
            else { continue }
            taken.formUnion(block.positions)
            for other in block.positions where other != block.last { patch.remove(other) }
            try patch.replace(block.last, with: block.fused)
        }
    }
}

/// A depthwise convolution and what stands around it.
private struct Block {
    let node: Node
    let shape: SeparableConvolution
    let positions: [Int]
    let last: Int
    private let expand: Node?
    private let project: Node?

    /// Finds the block around a depthwise convolution of known size.
    init?(_ position: Int, _ node: Node, _ index: GraphIndex) {
        guard let window = node.attributes(of: "ImageConv"), window.depth == 1, window.groups == window.channels,
            window.groups > 1, node.attributes["algorithm"] == nil, node.attributes["planar"] == nil,
            let sizes = index.dimensions(of: node.inputs[0]), sizes.count == 4, let height = sizes[1].value,
            let width = sizes[2].value,
            let shape = try? window.shape(Shape([sizes[0].value ?? 1, window.channels, height, width]))
        else { return nil }
        self.node = node
        func pointwise(_ place: Int?) -> Node? {
            guard let place, index.graph.nodes[place].isPointwise else { return nil }
            return index.graph.nodes[place]
        }
        let before = index.onlyConsumer(of: node.inputs[0]) == nil ? nil : index.producers[node.inputs[0]]
        let expand = pointwise(before).flatMap { $0.input(3).isEmpty ? $0 : nil }
        let after = node.input(3).isEmpty ? index.onlyConsumer(of: node.outputs[0]) : nil
        let project = pointwise(after).flatMap { $0.inputs[0] == node.outputs[0] ? $0 : nil }
        guard expand != nil || project != nil else { return nil }
        self.expand = expand
        self.project = project
        positions = [expand == nil ? nil : before, position, project == nil ? nil : after].compactMap { $0 }
        last = project == nil ? position : after ?? position
        self.shape = SeparableConvolution(
            window: shape, expandedFrom: expand?.integer("channels_per_group"),
            projectedTo: project?.integer("channels"))
    }

    /// The one node in their place.
    var fused: Node {
        var inputs = [
            (expand ?? node).input(0), expand?.input(1) ?? "", expand?.input(2) ?? "", node.input(1), node.input(2),
            project?.input(1) ?? "", project?.input(2) ?? "", (project ?? node).input(3),
        ]
        while inputs.last == "" { inputs.removeLast() }
        var attributes = node.attributes
        for (prefix, other) in [("expand_", expand), ("project_", project)] {
            guard let other else { continue }
            for name in ["activation", "activation_parameters", "precision"] {
                attributes[prefix + name] = other.attributes[name]
            }
        }
        attributes["expanded_from"] = shape.expandedFrom.map { .integer($0) }
        attributes["projected_to"] = shape.projectedTo.map { .integer($0) }
        return Node(
            "ImageBlock", domain: PackedWeights.domain, opset: 1, name: node.name, inputs: inputs,
            outputs: (project ?? node).outputs, attributes: attributes)
    }
}

extension Node {
    /// What a lowered convolution is told.
    fileprivate func attributes(of lowered: String) -> ConvolutionAttributes? {
        guard isLowered(lowered) else { return nil }
        return try? ConvolutionAttributes(NodeReader(self))
    }

    /// Whether this is a convolution of each pixel by itself, all channels together.
    fileprivate var isPointwise: Bool {
        guard let convolution = attributes(of: "ImageConv"), attributes["planar"] == nil,
            attributes["algorithm"] == nil, convolution.kernel == [1, 1], convolution.groups == 1,
            let windows = try? convolution.geometry.windows(input: [5, 5], kernel: [1, 1])
        else { return false }
        return windows.allSatisfy { $0.padBegin == 0 && $0.padEnd == 0 }
            && convolution.shape.strideHeight == 1 && convolution.shape.strideWidth == 1
    }
}
