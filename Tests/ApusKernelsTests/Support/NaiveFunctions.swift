// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Glibc

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
