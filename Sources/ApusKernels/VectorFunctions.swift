// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A function of one float; `alpha` and `beta` are the parameters of ``Kernels/unary(_:alpha:beta:count:x:y:)``.
package enum UnaryFunction: Int, Sendable, Hashable, CaseIterable {
    case absolute
    case negative
    case floor
    case ceiling
    case round
    case squareRoot
    case reciprocal
    case reciprocalSquareRoot
    case square
    case exponential
    case logarithm
    case sine
    case cosine
    case errorFunction
    case tanh
    case sigmoid
    case silu
    case geluErf
    case geluTanh
    case relu
    /// `min(max(x, alpha), beta)`
    case clip
    /// `x < 0 ? alpha * x : x`
    case leakyRelu
    /// `x < 0 ? alpha * (exp(x) - 1) : x`
    case elu
    case hardSwish
    /// `min(max(alpha * x + beta, 0), 1)`
    case hardSigmoid
    case softplus
}

/// A function of two floats.
package enum BinaryFunction: Int, Sendable, Hashable, CaseIterable {
    case add
    case subtract
    case multiply
    case divide
    case maximum
    case minimum
    case power
}

/// Which operand of a function of two floats is a single number.
package enum BinaryForm: Int, Sendable, Hashable, CaseIterable {
    case vectors
    case scalarRight
    case scalarLeft
}

/// A number computed from each row of a matrix.
package enum RowReduction: Int, Sendable, Hashable, CaseIterable {
    case sum
    case maximum
    case minimum
    case sumOfSquares
}

/// A 16-bit floating-point format.
package enum HalfFormat: Int, Sendable, Hashable, CaseIterable {
    case float16
    case bfloat16
}
