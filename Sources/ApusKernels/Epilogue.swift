// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// What happens to a product before it is stored: `activation(product * scale + bias + residual)`.
@safe
package struct Epilogue {
    /// Which index of the result selects the bias.
    package enum BiasAxis: Sendable, Hashable {
        case row
        case column
    }

    /// A factor of the product.
    package var scale: Float = 1
    /// One number per row or column of the result, or nil.
    package var bias: UnsafePointer<Float>?
    /// Whether the bias runs along rows or columns.
    package var biasAxis: BiasAxis = .column
    /// A matrix added to the result, laid out like the result; it may be the result itself.
    package var residual: UnsafePointer<Float>?
    /// What the residual of a convolution over images with channels last holds.
    package private(set) var residualPrecision = Precision.f32
    /// The last step.
    package var activation: Activation = .none

    /// An epilogue that changes nothing.
    package init() {}

    /// Makes an epilogue from its parts.
    package init(
        scale: Float = 1, bias: UnsafePointer<Float>? = nil, biasAxis: BiasAxis = .column,
        residual: UnsafePointer<Float>? = nil, activation: Activation = .none
    ) {
        self.scale = scale
        unsafe self.bias = unsafe bias
        self.biasAxis = biasAxis
        unsafe self.residual = unsafe residual
        self.activation = activation
    }

    /// Makes the epilogue of a convolution over images with channels last.
    package init(bias: UnsafePointer<Float>?, imageResidual residual: ImageNumbers?, activation: Activation) {
        // SAFETY: pointers are vouched for by the caller.
        unsafe self.init(bias: bias, residual: residual.map { unsafe $0.words }, activation: activation)
        residualPrecision = residual?.precision ?? .f32
    }
}

extension Epilogue {
    /// The residual of images from one of its numbers on.
    @unsafe
    func residual(from offset: Int) -> UnsafeRawPointer? {
        // SAFETY: the caller of the kernel vouches for the offset.
        unsafe residual.map { unsafe UnsafeRawPointer($0) + offset * residualPrecision.byteWidth }
    }

    /// What kernels are told of the residual.
    var residualIsRounded: Int32 { residualPrecision == .bf16 ? 1 : 0 }

    func advanced(by offset: Int) -> Epilogue {
        var moved = self
        // SAFETY: the caller of the kernel vouches for the offset.
        unsafe moved.residual = residual(from: offset).map { unsafe $0.assumingMemoryBound(to: Float.self) }
        return moved
    }
}
