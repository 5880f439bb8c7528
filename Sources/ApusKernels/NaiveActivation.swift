// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Activation {
    /// The same function for one number, as the scalar specification has it.
    package func callAsFunction(_ x: Float) -> Float {
        switch self {
        case .none: x
        case .relu: x < 0 ? 0 : x
        case .clip(let low, let high): x < low ? low : x > high ? high : x
        case .leakyRelu(let alpha): x < 0 ? alpha * x : x
        case .sigmoid: 1 / (1 + expf(-x))
        case .tanh: tanhf(x)
        case .silu: x / (1 + expf(-x))
        case .hardSwish: x * Swift.min(Swift.max(x / 6 + 0.5, 0), 1)
        case .hardSigmoid(let alpha, let beta): Swift.min(Swift.max(alpha * x + beta, 0), 1)
        case .geluErf: 0.5 * x * erfcf(-x * 0.70710678)
        case .geluTanh: 0.5 * x * (1 + tanhf(0.79788456 * (x + 0.044715 * x * x * x)))
        }
    }
}
