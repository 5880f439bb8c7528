// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The sizes of a two-dimensional convolution over `N C H W` images; one-dimensional ones have height 1.
package struct ConvolutionShape: Sendable, Hashable {
    package var batch = 1
    package var inputChannels: Int
    package var inputHeight: Int
    package var inputWidth: Int
    package var outputChannels: Int
    package var groups = 1
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var strideHeight = 1
    package var strideWidth = 1
    package var dilationHeight = 1
    package var dilationWidth = 1
    package var padTop = 0
    package var padLeft = 0
    package var padBottom = 0
    package var padRight = 0

    /// Describes a convolution with unit strides and dilations, one group and no padding.
    package init(
        batch: Int = 1, inputChannels: Int, inputHeight: Int, inputWidth: Int, outputChannels: Int,
        kernelHeight: Int, kernelWidth: Int
    ) {
        self.batch = batch
        self.inputChannels = inputChannels
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.outputChannels = outputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
    }

    /// The number of rows of an output image.
    package var outputHeight: Int {
        Self.extent(inputHeight + padTop + padBottom, kernelHeight, strideHeight, dilationHeight)
    }

    /// The number of columns of an output image.
    package var outputWidth: Int {
        Self.extent(inputWidth + padLeft + padRight, kernelWidth, strideWidth, dilationWidth)
    }

    /// The number of products summed for one output element.
    package var depth: Int { inputChannels / groups * kernelHeight * kernelWidth }

    /// Whether each output channel reads a single input channel.
    package var isDepthwise: Bool { groups > 1 && groups == inputChannels }

    private static func extent(_ padded: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
        let span = (kernel - 1) * dilation + 1
        return padded < span ? 0 : (padded - span) / stride + 1
    }
}
