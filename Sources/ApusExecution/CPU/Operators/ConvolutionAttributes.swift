// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// What lowered convolutions of one or two dimensions are told beside their epilogue.
struct ConvolutionAttributes {
    /// How the window slides.
    let geometry: ConvolutionGeometry
    /// The window's sizes, one for each spatial dimension.
    let kernel: [Int]
    /// The number of groups.
    let groups: Int
    /// The number of output channels.
    let channels: Int
    /// The number of input channels of a group.
    let depth: Int
    /// The instruction set the weights are packed for.
    let isa: String

    /// Gathers what is known already.
    init(geometry: ConvolutionGeometry, kernel: [Int], groups: Int, channels: Int, depth: Int, isa: String) {
        self.geometry = geometry
        self.kernel = kernel
        self.groups = groups
        self.channels = channels
        self.depth = depth
        self.isa = isa
    }

    /// Reads what ``attributes(of:weights:isa:)`` wrote.
    init(_ node: NodeReader) throws(ComputeError) {
        geometry = try ConvolutionGeometry(node)
        kernel = try node.integers("kernel_shape")
        groups = try node.integer("group", default: 1)
        channels = try node.integer("channels")
        depth = try node.integer("channels_per_group")
        isa = try node.string("isa", default: "scalar")
        guard kernel.count == 1 || kernel.count == 2, groups > 0, channels > 0, channels % groups == 0, depth > 0,
            ([channels, depth, groups] + kernel).allSatisfy({ $0 <= ConvolutionGeometry.largestSize })
        else { throw .attribute("\(channels) channels in \(groups) groups of \(depth) under \(kernel)") }
        try PackedWeights.checkSizes([channels, depth] + kernel)
    }

    /// Describes a `Conv` node with weights of the given shape, or nil where kernels have no such convolution.
    init?(_ node: Node, weights: Shape, _ instructionSet: InstructionSet) {
        guard weights.rank == 3 || weights.rank == 4, weights.elementCount > 0,
            let geometry = try? ConvolutionGeometry(NodeReader(node)),
            (try? geometry.check(rank: weights.rank - 2)) != nil
        else { return nil }
        self.geometry = geometry
        kernel = Array(weights[2...])
        groups = node.integer("group") ?? 1
        channels = weights[0]
        depth = weights[1]
        isa = instructionSet.rawValue
        guard groups > 0, channels % groups == 0 else { return nil }
    }

    /// The node's attributes with those that read back as this.
    func attributes(of node: Node) -> [String: Attribute] {
        var result = node.attributes
        result["kernel_shape"] = .integers(kernel)
        result["channels"] = .integer(channels)
        result["channels_per_group"] = .integer(depth)
        result["isa"] = .string(isa)
        return result
    }

    /// The whole shape of a convolution over images `N C H W` or signals `N C W`.
    ///
    /// - Throws: ``ComputeError`` when the window does not fit the images.
    func shape(_ input: Shape) throws(ComputeError) -> ConvolutionShape {
        let windows = try geometry.axes(input: ShortList(input[2...]), kernel: kernel)
        var shape = shape
        shape.batch = input[0]
        shape.inputHeight = kernel.count == 1 ? 1 : input[2]
        shape.inputWidth = input[input.rank - 1]
        let last = windows[windows.count - 1]
        (shape.padLeft, shape.padRight) = (last.padBegin, last.padEnd)
        if kernel.count == 2 { (shape.padTop, shape.padBottom) = (windows[0].padBegin, windows[0].padEnd) }
        return shape
    }

    /// The part of the shape that does not depend on the images.
    var shape: ConvolutionShape {
        var shape = ConvolutionShape(
            inputChannels: depth * groups, inputHeight: 1, inputWidth: 1, outputChannels: channels,
            kernelHeight: kernel.count == 1 ? 1 : kernel[0], kernelWidth: kernel[kernel.count - 1])
        shape.groups = groups
        shape.strideWidth = geometry.strides?.last ?? 1
        shape.dilationWidth = geometry.dilations?.last ?? 1
        if kernel.count == 2 {
            shape.strideHeight = geometry.strides?.first ?? 1
            shape.dilationHeight = geometry.dilations?.first ?? 1
        }
        return shape
    }
}
