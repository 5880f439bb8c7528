// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Kernels {
    /// Applies a function to each of `count` floats; `y` may be `x`.
    package func unary(
        _ function: UnaryFunction, alpha: Float = 0, beta: Float = 0, count: Int, _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: the caller gives count elements.
        for i in 0..<count { unsafe y[i] = function.naive(x[i], alpha, beta) }
    }

    /// Applies an activation to each of `count` floats; `y` may be `x`.
    package func activation(
        _ activation: Activation, count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: the caller gives count elements.
        for i in 0..<count { unsafe y[i] = activation(x[i]) }
    }

    /// Applies a function to pairs of floats, one side being a single float in the scalar forms.
    package func binary(
        _ function: BinaryFunction, _ form: BinaryForm, count: Int, _ a: UnsafePointer<Float>,
        _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: the caller gives count elements, or one on the scalar side.
        for i in 0..<count {
            unsafe y[i] = function.naive(a[form == .scalarLeft ? 0 : i], b[form == .scalarRight ? 0 : i])
        }
    }
}

extension UnaryFunction {
    func naive(_ x: Float, _ alpha: Float, _ beta: Float) -> Float {
        switch self {
        case .absolute: abs(x)
        case .negative: -x
        case .floor: floorf(x)
        case .ceiling: ceilf(x)
        case .round: rintf(x)
        case .squareRoot: sqrtf(x)
        case .reciprocal: 1 / x
        case .reciprocalSquareRoot: 1 / sqrtf(x)
        case .square: x * x
        case .exponential: expf(x)
        case .logarithm: logf(x)
        case .sine: sinf(x)
        case .cosine: cosf(x)
        case .errorFunction: erff(x)
        case .tanh: tanhf(x)
        case .sigmoid: Activation.sigmoid(x)
        case .silu: Activation.silu(x)
        case .geluErf: Activation.geluErf(x)
        case .geluTanh: Activation.geluTanh(x)
        case .relu: Activation.relu(x)
        case .clip: Activation.clip(min: alpha, max: beta)(x)
        case .leakyRelu: Activation.leakyRelu(alpha: alpha)(x)
        case .elu: x < 0 ? alpha * expm1f(x) : x
        case .hardSwish: Activation.hardSwish(x)
        case .hardSigmoid: Activation.hardSigmoid(alpha: alpha, beta: beta)(x)
        case .softplus: x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x))
        }
    }
}

extension BinaryFunction {
    func naive(_ a: Float, _ b: Float) -> Float {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .maximum: a.isNaN || a > b ? a : b
        case .minimum: a.isNaN || a < b ? a : b
        case .power: powf(a, b)
        }
    }
}
