// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusOperators
import ApusTensors

/// The constants of a quantised convolution that the channels-last kernels take.
struct QuantizedFilter {
    let outputType: ElementType
    let inputChannels: Int
    private let weights: Tensor
    private let geometry: ConvolutionGeometry
    private let groups: Int
    private let zeroPoints: [Int32]
    private let biases: [Int32]
    private let scales: [Float]
    private let inputZeroPoint: Int
    private let outputZeroPoint: Int
    private let node: Node

    /// Reads a `QLinearConv`, or returns nil for any other node and for ones the kernels do not take.
    init?(_ node: Node, _ index: GraphIndex) {
        guard node.domain.isEmpty, node.operatorName == "QLinearConv", let weights = index.constant(node.input(3)),
            weights.elementType == .int8 || weights.elementType == .uint8, weights.shape.rank == 4,
            weights.elementCount > 0, let geometry = try? ConvolutionGeometry(NodeReader(node)),
            QuantizedFilter.isPlain(geometry, rank: 2),
            let scales = QuantizedScales(node, index, weightScale: 4, outputScale: 6),
            let multipliers = try? scales.multipliers().array(of: Float.self),
            multipliers.count == 1 || multipliers.count == weights.shape[0], multipliers.allSatisfy(\.isFinite),
            let input = index.constant(node.input(2)), let output = index.constant(node.input(7)),
            let inputZeroPoint = index.scalarInteger(node.input(2)),
            let outputZeroPoint = index.scalarInteger(node.input(7)),
            let zeros = index.zeroPoints(node.input(5), count: weights.shape[0]),
            let zeroPoints = try? zeros.array(of: Int32.self)
        else { return nil }
        let groups = node.integer("group") ?? 1
        let isDepthwise = groups > 1 && groups == weights.shape[0] && weights.shape[1] == 1
        let taps = weights.shape[2] * weights.shape[3]
        let wanted: Int32 = weights.elementType == .int8 ? 0 : 128
        guard taps <= 4096, isDepthwise || groups == 1,
            isDepthwise
                ? taps <= 250
                : zeroPoints.allSatisfy({ $0 == wanted }) && (geometry.dilations?.last ?? 1) == 1
        else { return nil }
        for tensor in [input, output] where tensor.elementType != .uint8 && tensor.elementType != .int8 { return nil }
        var biases: [Int32] = []
        if !node.input(8).isEmpty {
            guard let tensor = index.constant(node.input(8)), tensor.elementType == .int32,
                tensor.elementCount == weights.shape[0], let values = try? tensor.array(of: Int32.self)
            else { return nil }
            biases = values
        }
        self.node = node
        self.weights = weights
        self.geometry = geometry
        self.groups = groups
        self.zeroPoints = zeroPoints
        self.biases = biases
        self.scales = multipliers
        outputType = output.elementType
        inputChannels = weights.shape[1] * groups
        self.inputZeroPoint = inputZeroPoint + (input.elementType == .int8 ? 128 : 0)
        self.outputZeroPoint = outputZeroPoint + (output.elementType == .int8 ? 128 : 0)
    }

    /// Whether sizes and pads are such that a padded copy of an image is little larger than the image.
    static func isPlain(_ geometry: ConvolutionGeometry, rank: Int) -> Bool {
        let lists = [geometry.kernel, geometry.strides, geometry.dilations, geometry.pads]
        guard lists.allSatisfy({ $0?.allSatisfy { $0 <= 128 } ?? true }) else { return false }
        return (try? geometry.check(rank: rank)) != nil
    }

    /// The channels of images that are turned for this convolution: three become four, a whole group.
    var paddedInputChannels: Int { groups == 1 && inputChannels == 3 ? 4 : inputChannels }

    private var kernel: [Int] { Array(weights.shape[2...]) }

    /// The filter packed for images of the given number of channels.
    func pack(_ channels: Int, _ kernels: Kernels) throws(ComputeError) -> Tensor {
        let shape = ConvolutionAttributes(
            geometry: geometry, kernel: kernel, groups: groups, channels: weights.shape[0], depth: channels / groups,
            isa: kernels.instructionSet.rawValue
        ).shape
        return try unsafe PackedWeights.make(byteCount: kernels.packedByteImageFilterByteCount(shape)) { target in
            // SAFETY: the constant holds the filter's bytes, the target the bytes asked for.
            let source = unsafe ByteFilterSource(
                channels: inputChannels, weights: weights.bytes, isSigned: weights.elementType == .int8,
                zeroPoints: zeroPoints, biases: biases, scales: scales, inputZeroPoint: Int32(inputZeroPoint))
            unsafe kernels.packByteImageFilter(shape, source, into: target)
        }
    }

    /// The attributes of the lowered convolution over images of the given number of channels.
    func attributes(_ channels: Int, _ kernels: Kernels) -> [String: Attribute] {
        var attributes = node.attributes
        attributes["kernel_shape"] = .integers(kernel)
        attributes["channels"] = .integer(weights.shape[0])
        attributes["channels_per_group"] = .integer(channels / groups)
        attributes["isa"] = .string(kernels.instructionSet.rawValue)
        attributes["x_zero_point"] = .integer(inputZeroPoint)
        attributes["y_zero_point"] = .integer(outputZeroPoint)
        return attributes
    }
}
