// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Glibc
import Testing

@Suite struct VectorTests {
    static let counts = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 100]

    private func inputs(_ function: UnaryFunction, _ count: Int, _ random: inout SeededGenerator) -> [Float] {
        let range: ClosedRange<Float> =
            switch function {
            case .squareRoot, .reciprocalSquareRoot, .logarithm: 0.001...50
            case .sine, .cosine: -30...30
            default: -12...12
            }
        return (0..<count).map { _ in Float.random(in: range, using: &random) }
    }

    @Test("Functions of one float agree with the C library", arguments: serialSets)
    func unary(kernels: Kernels) {
        var random = SeededGenerator(31)
        for function in UnaryFunction.allCases {
            for count in Self.counts + [2000] {
                let x = Buffer(inputs(function, count, &random), filler: .nan)
                let y = Buffer(results: count)
                let (alpha, beta): (Float, Float) = function == .clip ? (-1, 2.5) : (0.3, 0.45)
                unsafe kernels.unary(function, alpha: alpha, beta: beta, count: count, x.constant, into: y.pointer)
                let expected = x.array.map { function.naive($0, alpha, beta) }
                let (relative, absolute): (Float, Float) =
                    switch function {
                    case .geluErf, .geluTanh: (1e-6, 1e-6)
                    case .sine, .cosine, .logarithm: (4.8e-7, 1e-7)
                    case .hardSwish, .hardSigmoid: (5e-7, 2e-7)
                    default: (4.8e-7, 1e-37)
                    }
                let found = departure(y.array, expected, relative: relative, absolute: absolute)
                #expect(found == nil, "\(function) \(count)")
                #expect(y.isIntact)
            }
        }
    }

    @Test("Functions keep infinities, zeros and NaN", arguments: serialSets)
    func extremes(kernels: Kernels) {
        let values: [Float] = [
            0, -0.0, .infinity, -.infinity, .nan, 1, -1, 88, -88, 89.5, -90, -103, -104.5, 1e30, -1e30,
            Float(bitPattern: 70_000),
            -Float(bitPattern: 70_000),
        ]
        let x = Buffer(values, filler: .nan)
        for function in UnaryFunction.allCases where function != .geluTanh && function != .geluErf {
            let y = Buffer(results: values.count)
            unsafe kernels.unary(function, alpha: 0.3, beta: 0.6, count: values.count, x.constant, into: y.pointer)
            for (index, value) in values.enumerated() {
                if function == .silu || function == .hardSwish, value == -.infinity { continue }
                let expected = function.naive(value, 0.3, 0.6)
                let found = departure([y[index]], [expected], relative: 1e-6, absolute: 1e-37)
                #expect(found == nil, "\(function) of \(value)")
            }
        }
    }

    @Test("Functions of two floats agree with the C library in every form", arguments: kernelSets)
    func binary(kernels: Kernels) {
        var random = SeededGenerator(32)
        for function in BinaryFunction.allCases {
            for form in BinaryForm.allCases {
                for count in Self.counts + [40_000] where count < 1000 || function == .add {
                    let range: ClosedRange<Float> = function == .power ? 0.1...3 : -5...5
                    let a = Buffer(form == .scalarLeft ? 1 : count, in: range, &random)
                    let b = Buffer(form == .scalarRight ? 1 : count, in: range, &random)
                    let y = Buffer(results: count)
                    unsafe kernels.binary(function, form, count: count, a.constant, b.constant, into: y.pointer)
                    let expected = (0..<count).map { index in
                        function.naive(a[form == .scalarLeft ? 0 : index], b[form == .scalarRight ? 0 : index])
                    }
                    #expect(departure(y.array, expected) == nil, "\(function) \(form) \(count)")
                    #expect(y.isIntact)
                }
            }
        }
    }

    @Test("Greatest and least pass NaN on", arguments: serialSets)
    func propagation(kernels: Kernels) {
        let a = Buffer<Float>([.nan, 1, 2, .nan, 5], filler: 0)
        let b = Buffer<Float>([1, .nan, 3, .nan, 4], filler: 0)
        for function in [BinaryFunction.maximum, .minimum] {
            let y = Buffer(results: 5)
            unsafe kernels.binary(function, .vectors, count: 5, a.constant, b.constant, into: y.pointer)
            #expect(y.array.map(\.isNaN) == [true, true, false, true, false])
        }
    }
}
