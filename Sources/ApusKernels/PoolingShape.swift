// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The sizes of a two-dimensional pooling over `N C H W` images.
package struct PoolingShape: Sendable, Hashable {
    /// The number of images times the number of channels.
    package var planes: Int
    package var inputHeight: Int
    package var inputWidth: Int
    package var outputHeight: Int
    package var outputWidth: Int
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

    /// Describes a pooling with unit strides and dilations and no padding; the output sizes are the caller's.
    package init(
        planes: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int, kernelHeight: Int,
        kernelWidth: Int
    ) {
        self.planes = planes
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.outputHeight = outputHeight
        self.outputWidth = outputWidth
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
    }
}
