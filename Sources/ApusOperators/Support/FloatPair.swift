// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// The functions of two floats that have kernels, for rows too short for these.
enum FloatPair {
    struct Sum: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { x + y }
    }
    struct Difference: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { x - y }
    }
    struct Product: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { x * y }
    }
    struct Quotient: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { x / y }
    }
    struct Larger: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { x.larger(y) }
    }
    struct Smaller: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { x.smaller(y) }
    }
    struct Power: PairFunction {
        @inline(__always)
        func callAsFunction(_ x: Float, _ y: Float) -> Float { Float.pow(x, y) }
    }
}
