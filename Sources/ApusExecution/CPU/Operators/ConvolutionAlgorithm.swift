// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// A way to compute a convolution over images `N H W C`: the attribute `algorithm`.
enum ConvolutionAlgorithm: String, CaseIterable {
    /// Sums as defined, pixels read through pointers.
    case indirect
    /// Winograd's F(2 x 2, 3 x 3).
    case winograd2
    /// Winograd's F(4 x 4, 3 x 3).
    case winograd4

    /// Reads the attribute; without one the sums are as defined.
    init(_ node: NodeReader) throws(ComputeError) {
        let name = try node.string("algorithm", default: Self.indirect.rawValue)
        guard let algorithm = Self(rawValue: name) else { throw .attribute("attribute 'algorithm' is '\(name)'") }
        self = algorithm
    }

    /// The attribute that reads back as this.
    var attributes: [String: Attribute] { self == .indirect ? [:] : ["algorithm": .string(rawValue)] }

    /// The tiles of Winograd's ways.
    var tile: WinogradTile? {
        switch self {
        case .indirect: nil
        case .winograd2: .two
        case .winograd4: .four
        }
    }

    /// Whether a convolution can be computed this way.
    func allows(_ shape: ConvolutionShape) -> Bool { self == .indirect || Kernels.allowsWinograd(shape) }

    /// Whether sums may be taken over pairs of bf16.
    func hasPairs(_ shape: ConvolutionShape) -> Bool { tile?.hasPairs(shape) ?? shape.hasPairs }

    /// The bytes packed weights take.
    func byteCount(_ shape: ConvolutionShape, _ kernels: Kernels) -> Int {
        tile.map { kernels.packedWinogradByteCount(shape, $0) } ?? kernels.packedChannelsLastByteCount(shape)
    }

    /// Packs `f32` weights, which must be of the shape's sizes.
    func pack(_ weights: Tensor, _ shape: ConvolutionShape, _ kernels: Kernels) throws(ComputeError) -> Tensor {
        try unsafe PackedWeights.make(byteCount: byteCount(shape, kernels), zeroed: false) { target in
            // SAFETY: the constant holds outputChannels * depth floats, the target the bytes asked for.
            if let tile {
                unsafe kernels.packWinograd(shape, tile, weights: weights.floats, into: target)
            } else {
                unsafe kernels.packChannelsLast(shape, weights: weights.floats, into: target)
            }
        }
    }

    /// Whether images of bf16 are read as they are.
    func readsRounded(_ shape: ConvolutionShape, _ kernels: Kernels) -> Bool {
        tile != nil || kernels.readsRounded(shape)
    }

    /// Whether results of bf16 can be had after an activation.
    func makesRounded(_ activation: Activation) -> Bool { tile != nil || activation.isFinished }

    /// Convolves images, multiplied by factors where they are given, with packed weights; pixels of the result lie
    /// `stride` numbers apart.
    @unsafe
    func compute(
        _ shape: ConvolutionShape, _ x: Tensor, isPlanar: Bool, factors: Tensor?, packed: Tensor,
        into y: ImageTarget, stride: Int, _ epilogue: Epilogue, _ kernels: Kernels
    ) {
        guard let tile else {
            return unsafe kernels.channelsLastConvolution(
                shape, x.numbers, packed: packed.baseAddress, into: y, epilogue: epilogue, isPlanar: isPlanar,
                factors: factors.map { unsafe UnsafePointer($0.floats) }, stride: stride)
        }
        unsafe kernels.winogradConvolution(
            shape, tile, x.numbers, packed: packed.baseAddress, into: y, epilogue: epilogue, stride: stride)
    }
}
