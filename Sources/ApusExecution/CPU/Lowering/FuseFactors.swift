// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Takes factors of channels (squeeze-and-excite) into the 1 x 1 convolution that alone reads the scaled images.
///
/// The convolution scales its weights, a number for each pair of channels, instead of images, a number for each pixel
/// and channel, where that is less.
package struct FuseFactors: Pass {
    package func edit(_ index: GraphIndex, _ patch: inout Patch, _ context: PassContext) throws(ComputeError) {
        for (position, node) in index.graph.nodes.enumerated() where node.domain.isEmpty {
            guard node.operatorName == "Mul", node.inputs.count == 2,
                let place = index.onlyConsumer(of: node.outputs[0]),
                let (images, factors) = operands(node, index), let sizes = index.dimensions(of: images),
                let height = sizes[1].value, let width = sizes[2].value
            else { continue }
            let convolution = index.graph.nodes[place]
            guard convolution.isLowered("ImageConv"), convolution.inputs[0] == node.outputs[0],
                convolution.input(4).isEmpty, convolution.attributes["planar"] == nil,
                convolution.attributes["algorithm"] == nil, let channels = convolution.integer("channels"),
                let described = try? ConvolutionAttributes(NodeReader(convolution)), described.groups == 1,
                described.kernel == [1, 1],
                height * width > channels || convolution.string("precision") == Precision.bf16.rawValue
            else { continue }
            patch.remove(position)
            try patch.replace(place, with: convolution.settingInput(0, images).settingInput(4, factors).adding([:]))
        }
    }

    /// The images of a product and their factors, where one side is of each.
    private func operands(_ node: Node, _ index: GraphIndex) -> (String, String)? {
        let (left, right) = (node.inputs[0], node.inputs[1])
        for (images, factors) in [(left, right), (right, left)] {
            guard index.elementType(of: images) == .float32, index.elementType(of: factors) == .float32,
                let sizes = index.dimensions(of: images), let others = index.dimensions(of: factors),
                sizes.count == 4, others.count == 4, others[1].value == 1, others[2].value == 1, others[0] == sizes[0],
                others[3] == sizes[3], !sizes[0].isUnknown, !sizes[3].isUnknown
            else { continue }
            return (images, factors)
        }
        return nil
    }
}
