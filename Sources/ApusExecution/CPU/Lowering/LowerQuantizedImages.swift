// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Lets quantised convolutions, and what follows them, work on images of `u8` whose channels lie together.
///
/// Every convolution that the kernels take begins or continues a region; pools, sums and element-wise operators
/// continue one. Images are turned where a region begins or ends.
package struct LowerQuantizedImages: Pass {
    let kernels: Kernels

    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        let region = QuantizedRegion(index)
        var names: [String: String] = [:]
        var turned: [String: String] = [:]
        for (position, node) in index.graph.nodes.enumerated() {
            guard let member = region.members[position] else { continue }
            var inputs: [String] = []
            var channels = 0
            for name in member.inputs {
                if case .convolution(let filter) = member.kind { channels = filter.inputChannels }
                if let known = names[name] {
                    inputs.append(known)
                    continue
                }
                if case .convolution(let filter) = member.kind { channels = filter.paddedInputChannels }
                if turned["\(channels) \(name)"] == nil {
                    turned["\(channels) \(name)"] = try patch.add(
                        "ToChannelsLast", domain: PackedWeights.domain, opset: 1, [name],
                        attributes: ["step": .integer(channels)], hint: name + ".channels_last", before: position)
                }
                inputs.append(turned["\(channels) \(name)"] ?? name)
            }
            let name = node.outputs[0]
            let output = patch.names.fresh(name + ".channels_last")
            names[name] = output
            if let dimensions = index.dimensions(of: name), dimensions.count == 4 {
                patch.setType(
                    output, .tensor(.uint8, [dimensions[0], dimensions[2], dimensions[3], dimensions[1]]))
            }
            let made = try make(node, member, inputs, channels, output, &patch)
            guard region.isReadOutside(name) else {
                try patch.replace(position, with: made)
                continue
            }
            try patch.add(made, before: position)
            try patch.replace(
                position,
                with: Node(
                    "ToChannelsFirst", domain: PackedWeights.domain, opset: 1, name: node.name, inputs: [output],
                    outputs: [name], attributes: ["output_type": .integer(Int(member.elementType.rawValue))]))
        }
    }

    private func make(
        _ node: Node, _ member: QuantizedRegion.Member, _ inputs: [String], _ channels: Int, _ output: String,
        _ patch: inout Patch
    ) throws(ComputeError) -> Node {
        var inputs = inputs
        let (name, attributes): (String, [String: Attribute])
        switch member.kind {
        case .convolution(let filter):
            inputs.append(patch.addConstant(try filter.pack(channels, kernels), node.input(3) + ".packed"))
            (name, attributes) = ("ChannelsLastConv", filter.attributes(channels, kernels))
        case .maximum: (name, attributes) = ("ChannelsLastMaxPool", node.attributes)
        case .mean(let means): (name, attributes) = ("ChannelsLastMean", means)
        case .sum(let sum): (name, attributes) = ("QuantizedSum", sum.attributes)
        case .elementwise(let places):
            var made = node
            for (place, name) in zip(places, inputs) { made.inputs[place] = name }
            made.outputs = [output]
            if node.attributes["axis"] != nil { made.setAttribute("axis", .integer(3)) }
            made.operation = nil
            return made
        }
        return Node(
            name, domain: PackedWeights.domain, opset: 1, name: node.name, inputs: inputs, outputs: [output],
            attributes: attributes)
    }
}
