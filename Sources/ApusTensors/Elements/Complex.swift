// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A complex number with 32-bit parts.
public struct Complex64: TensorElement, Hashable {
    /// The real part.
    public var real: Float
    /// The imaginary part.
    public var imaginary: Float

    /// Makes a number from its parts.
    public init(_ real: Float, _ imaginary: Float) {
        self.real = real
        self.imaginary = imaginary
    }

    /// Two 32-bit floats.
    public static var elementType: ElementType { .complex64 }
}

/// A complex number with 64-bit parts.
public struct Complex128: TensorElement, Hashable {
    /// The real part.
    public var real: Double
    /// The imaginary part.
    public var imaginary: Double

    /// Makes a number from its parts.
    public init(_ real: Double, _ imaginary: Double) {
        self.real = real
        self.imaginary = imaginary
    }

    /// Two 64-bit floats.
    public static var elementType: ElementType { .complex128 }
}
