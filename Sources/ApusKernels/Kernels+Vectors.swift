// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import CApusKernels

extension Kernels {
    /// Applies a function to each of `count` floats; `y` may be `x`.
    package func unary(
        _ function: UnaryFunction, alpha: Float = 0, beta: Float = 0, count: Int, _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let kernel = unsafe kernel(function)
        spread(count, grain: function.grain) { range in
            // SAFETY: the caller gives count elements.
            unsafe kernel?(range.count, x + range.lowerBound, y + range.lowerBound, alpha, beta)
        }
    }

    /// Applies an activation to each of `count` floats; `y` may be `x`.
    package func activation(
        _ activation: Activation, count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        guard let unary = activation.unary else {
            // SAFETY: the caller gives count elements.
            if unsafe x != UnsafePointer(y) { unsafe y.update(from: x, count: count) }
            return
        }
        unsafe self.unary(unary.function, alpha: unary.alpha, beta: unary.beta, count: count, x, into: y)
    }

    /// Applies a function to pairs of floats, one side being a single float in the scalar forms.
    ///
    /// `y` may be `a` or `b` where that is not the single float.
    package func binary(
        _ function: BinaryFunction, _ form: BinaryForm, count: Int, _ a: UnsafePointer<Float>,
        _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        if function == .power, form == .scalarRight, let simple = unsafe UnaryFunction(power: b.pointee) {
            unsafe unary(simple, count: count, a, into: y)
            return
        }
        let kernel = unsafe kernel(function, form)
        spread(count, grain: function == .power ? 1024 : 16384) { range in
            let start = range.lowerBound
            // SAFETY: the caller gives count elements, or one on the scalar side.
            unsafe kernel?(
                range.count, form == .scalarLeft ? a : a + start, form == .scalarRight ? b : b + start, y + start)
        }
    }

    @unsafe
    func activate(
        _ activation: Activation, _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        guard let unary = activation.unary else { return }
        unsafe kernel(unary.function)?(count, x, y, unary.alpha, unary.beta)
    }

    func kernel(
        _ function: UnaryFunction
    ) -> (@convention(c) (Int, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Float, Float) -> Void)? {
        switch function {
        case .absolute: unsafe table.pointee.f32_absolute
        case .negative: unsafe table.pointee.f32_negative
        case .floor: unsafe table.pointee.f32_floor
        case .ceiling: unsafe table.pointee.f32_ceiling
        case .round: unsafe table.pointee.f32_round
        case .squareRoot: unsafe table.pointee.f32_square_root
        case .reciprocal: unsafe table.pointee.f32_reciprocal
        case .reciprocalSquareRoot: unsafe table.pointee.f32_reciprocal_square_root
        case .square: unsafe table.pointee.f32_square
        case .exponential: unsafe table.pointee.f32_exponential
        case .logarithm: unsafe table.pointee.f32_logarithm
        case .sine: unsafe table.pointee.f32_sine
        case .cosine: unsafe table.pointee.f32_cosine
        case .errorFunction: unsafe table.pointee.f32_error_function
        case .tanh: unsafe table.pointee.f32_tanh
        case .sigmoid: unsafe table.pointee.f32_sigmoid
        case .silu: unsafe table.pointee.f32_silu
        case .geluErf: unsafe table.pointee.f32_gelu_erf
        case .geluTanh: unsafe table.pointee.f32_gelu_tanh
        case .relu: unsafe table.pointee.f32_relu
        case .clip: unsafe table.pointee.f32_clip
        case .leakyRelu: unsafe table.pointee.f32_leaky_relu
        case .elu: unsafe table.pointee.f32_elu
        case .hardSwish: unsafe table.pointee.f32_hard_swish
        case .hardSigmoid: unsafe table.pointee.f32_hard_sigmoid
        case .softplus: unsafe table.pointee.f32_softplus
        }
    }

    func kernel(
        _ function: BinaryFunction, _ form: BinaryForm
    ) -> (
        @convention(c) (Int, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?) -> Void
    )? {
        switch (function, form) {
        case (.add, .vectors): unsafe table.pointee.f32_add
        case (.add, .scalarRight): unsafe table.pointee.f32_add_scalar_right
        case (.add, .scalarLeft): unsafe table.pointee.f32_add_scalar_left
        case (.subtract, .vectors): unsafe table.pointee.f32_subtract
        case (.subtract, .scalarRight): unsafe table.pointee.f32_subtract_scalar_right
        case (.subtract, .scalarLeft): unsafe table.pointee.f32_subtract_scalar_left
        case (.multiply, .vectors): unsafe table.pointee.f32_multiply
        case (.multiply, .scalarRight): unsafe table.pointee.f32_multiply_scalar_right
        case (.multiply, .scalarLeft): unsafe table.pointee.f32_multiply_scalar_left
        case (.divide, .vectors): unsafe table.pointee.f32_divide
        case (.divide, .scalarRight): unsafe table.pointee.f32_divide_scalar_right
        case (.divide, .scalarLeft): unsafe table.pointee.f32_divide_scalar_left
        case (.maximum, .vectors): unsafe table.pointee.f32_maximum
        case (.maximum, .scalarRight): unsafe table.pointee.f32_maximum_scalar_right
        case (.maximum, .scalarLeft): unsafe table.pointee.f32_maximum_scalar_left
        case (.minimum, .vectors): unsafe table.pointee.f32_minimum
        case (.minimum, .scalarRight): unsafe table.pointee.f32_minimum_scalar_right
        case (.minimum, .scalarLeft): unsafe table.pointee.f32_minimum_scalar_left
        case (.power, .vectors): unsafe table.pointee.f32_power
        case (.power, .scalarRight): unsafe table.pointee.f32_power_scalar_right
        case (.power, .scalarLeft): unsafe table.pointee.f32_power_scalar_left
        }
    }
}

extension UnaryFunction {
    /// The function that raises to a power, for the powers that have one.
    init?(power: Float) {
        switch power {
        case 2: self = .square
        case -1: self = .reciprocal
        default: return nil
        }
    }

    fileprivate var grain: Int {
        switch self {
        case .absolute, .negative, .floor, .ceiling, .round, .square, .relu, .clip, .leakyRelu, .hardSwish,
            .hardSigmoid:
            16384
        default: 4096
        }
    }
}
