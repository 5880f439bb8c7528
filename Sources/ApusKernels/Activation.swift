// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

/// A function applied to every element of a result while it is still in cache.
package enum Activation: Sendable, Hashable {
    case none
    case relu
    case clip(min: Float, max: Float)
    case leakyRelu(alpha: Float)
    case sigmoid
    case tanh
    case silu
    case hardSwish
    case hardSigmoid(alpha: Float, beta: Float)
    case geluErf
    case geluTanh

    /// Whether it only clamps its argument, which products do before they store.
    var isClamp: Bool {
        switch self {
        case .none, .relu, .clip: true
        default: false
        }
    }

    /// What kernels over images with channels last apply themselves.
    var curve: apus_curve {
        switch self {
        case .silu: APUS_CURVE_SILU
        case .hardSwish: APUS_CURVE_HARD_SWISH
        default: APUS_CURVE_NONE
        }
    }

    /// Whether kernels over images with channels last leave nothing to apply.
    package var isFinished: Bool { isClamp || curve != APUS_CURVE_NONE }

    /// The range a product is clamped to before any other activation.
    var bounds: (lowerBound: Float, upperBound: Float) {
        switch self {
        case .relu: (0, .infinity)
        case .clip(let low, let high): (low, high)
        default: (-.infinity, .infinity)
        }
    }

    /// The same function as a vector kernel with its parameters.
    var unary: (function: UnaryFunction, alpha: Float, beta: Float)? {
        switch self {
        case .none: nil
        case .relu: (.relu, 0, 0)
        case .clip(let low, let high): (.clip, low, high)
        case .leakyRelu(let alpha): (.leakyRelu, alpha, 0)
        case .sigmoid: (.sigmoid, 0, 0)
        case .tanh: (.tanh, 0, 0)
        case .silu: (.silu, 0, 0)
        case .hardSwish: (.hardSwish, 0, 0)
        case .hardSigmoid(let alpha, let beta): (.hardSigmoid, alpha, beta)
        case .geluErf: (.geluErf, 0, 0)
        case .geluTanh: (.geluTanh, 0, 0)
        }
    }
}
