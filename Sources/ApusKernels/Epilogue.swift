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
}

extension Epilogue {
    func advanced(by offset: Int) -> Epilogue {
        var moved = self
        // SAFETY: the caller of the kernel vouches for the offset.
        if let residual = unsafe residual { unsafe moved.residual = unsafe residual + offset }
        return moved
    }
}
