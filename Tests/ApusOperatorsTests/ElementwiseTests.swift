// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ElementwiseTests {
    private let unary = [
        "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Clip", "Cos", "Cosh", "Erf", "Exp", "Floor",
        "Log", "Neg", "Reciprocal", "Round", "Sign", "Sin", "Sinh", "Sqrt", "Tan", "Celu", "Elu", "Gelu",
        "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Relu", "Selu", "Shrink", "Sigmoid", "Softplus", "Softsign",
        "Swish", "Tanh", "ThresholdedRelu",
    ]

    @Test("NaN stays NaN through every function of one number")
    func unaryNaN() throws {
        let source = try Tensor([Float](repeating: .nan, count: 19), shape: [19])
        for name in unary {
            let result = try Evaluation(name)(source).array(of: Float.self)
            let isPassedOn = result.allSatisfy { $0.isNaN }
            #expect(isPassedOn, "\(name)")
        }
    }

    @Test("functions of one number agree in every floating-point type, also on empty and scalar tensors")
    func unaryTypes() throws {
        let values: [Double] = [0.25, 0.5, 0.75]
        let wide = try Tensor(values, shape: [3])
        for name in unary where name != "Acosh" {
            let expected = try Evaluation(name)(wide).array(of: Double.self)
            for type in [ElementType.float32, .float16, .bfloat16] {
                let result = try Evaluation(name)(wide.cast(to: type))
                #expect(result.elementType == type)
                for (value, reference) in zip(try result.cast(to: .float64).array(of: Double.self), expected) {
                    #expect(abs(value - reference) <= 0.01 * max(1, abs(reference)), "\(name) in \(type)")
                }
            }
            #expect(try Evaluation(name)(Tensor([Float](), shape: [0, 2])).shape == [0, 2])
            #expect(try Evaluation(name)(Tensor(scalar: Float(1))).shape == .scalar)
        }
    }

    @Test("broadcasting agrees with indexing for all pairs of small shapes")
    func broadcasting() throws {
        let shapes: [Shape] = [
            .scalar, [1], [3], [2, 3], [2, 1], [4, 1, 3], [4, 2, 1], [4, 2, 3], [1, 2, 1], [0, 1], [2, 4, 2, 3],
            [5, 1, 1, 1],
        ]
        for left in shapes {
            for right in shapes {
                let first = try Tensor((0..<left.elementCount).map { Int32($0) }, shape: left)
                let second = try Tensor((0..<right.elementCount).map { Int32($0 * 100) }, shape: right)
                guard let shape = try? left.broadcast(with: right) else {
                    #expect(throws: ComputeError.self) { try Evaluation("Add")(first, second) }
                    continue
                }
                let expected = expectedSums(left, right, shape)
                let result = try Evaluation("Add")(first, second)
                #expect(result.shape == shape)
                #expect(try result.array(of: Int32.self) == expected, "\(left) and \(right)")
                let floats = try Evaluation("Add")(first.cast(to: .float32), second.cast(to: .float32))
                #expect(try floats.array(of: Float.self) == expected.map { Float($0) }, "\(left) and \(right)")
            }
        }
    }

    private func expectedSums(_ left: Shape, _ right: Shape, _ shape: Shape) -> [Int32] {
        let (lefts, rights) = (left.strides(broadcastTo: shape), right.strides(broadcastTo: shape))
        return (0..<shape.elementCount).map { index in
            var (rest, first, second) = (index, 0, 0)
            for axis in shape.indices.reversed() {
                first += rest % shape[axis] * lefts[axis]
                second += rest % shape[axis] * rights[axis]
                rest /= shape[axis]
            }
            return Int32(first + second * 100)
        }
    }

    @Test("an operand lines up at an axis before operator set 7")
    func legacyAxis() throws {
        let left = try Tensor((0..<12).map { Float($0) }, shape: [2, 3, 2])
        let right = try Tensor([Float(10), 20, 30], shape: [3])
        let old = try Evaluation("Add", opset: 6, ["broadcast": .integer(1), "axis": .integer(1)])
        #expect(try old(left, right).array(of: Float.self) == [10, 11, 22, 23, 34, 35, 16, 17, 28, 29, 40, 41])
        let wrong = try Evaluation("Add", opset: 6, ["broadcast": .integer(1), "axis": .integer(9)])
        #expect(throws: ComputeError.self) { try wrong(left, right) }
        let less = try Evaluation("Less", opset: 6, ["broadcast": .integer(1), "axis": .integer(1)])
        #expect(try less(left, right).shape == [2, 3, 2])
    }

    @Test("integers never trap")
    func integerEdges() throws {
        let least = try Tensor([Int32.min, Int32.min, 7], shape: [3])
        let divisor = try Tensor([Int32(-1), 2, -2], shape: [3])
        #expect(try Evaluation("Div")(least, divisor).array(of: Int32.self) == [.min, .min / 2, -3])
        #expect(try Evaluation("Mod")(least, divisor).array(of: Int32.self) == [0, 0, -1])
        #expect(try Evaluation("Mod", ["fmod": .integer(1)])(least, divisor).array(of: Int32.self) == [0, 0, 1])
        #expect(try Evaluation("Abs")(least).array(of: Int32.self) == [.min, .min, 7])
        #expect(try Evaluation("Neg")(least).array(of: Int32.self) == [.min, .min, -7])
        #expect(try Evaluation("Mul")(least, least).array(of: Int32.self) == [0, 0, 49])
        let zero = try Tensor([Int32(0)], shape: [1])
        for name in ["Div", "Mod"] {
            #expect(throws: ComputeError.self, "\(name)") { try Evaluation(name)(least, zero) }
        }
    }

    @Test("powers take mixed types and odd exponents")
    func powers() throws {
        let base = try Tensor([Int64(2), -1, 0, 3], shape: [4])
        let exponent = try Tensor([Int32(10), -3, -1, 200], shape: [4])
        #expect(try Evaluation("Pow")(base, exponent).array(of: Int64.self).prefix(3) == [1024, -1, 0])
        let half = try Tensor([Float(4)], shape: [1]).cast(to: .float16)
        let result = try Evaluation("Pow")(half, Tensor([Double(0.5)], shape: [1]))
        #expect(result.elementType == .float16)
        #expect(try result.array(of: Float16.self) == [2])
        let single = try Evaluation("Pow")(Tensor([Float(3)], shape: [1]), half)
        #expect(single.elementType == .float32)
        #expect(try single.array(of: Float.self) == [81])
    }

    @Test("the largest and smallest of tensors are NaN where one is")
    func variadicNaN() throws {
        let first = try Tensor([Float.nan, 1, 2], shape: [3])
        let second = try Tensor([Float(5), .nan, 1], shape: [3])
        let largest = try Evaluation("Max", inputCount: 2)(first, second).array(of: Float.self)
        let smallest = try Evaluation("Min", inputCount: 2)(first, second).array(of: Float.self)
        #expect(largest[0].isNaN && largest[1].isNaN && largest[2] == 2)
        #expect(smallest[0].isNaN && smallest[1].isNaN && smallest[2] == 1)
    }

    @Test("limits may be missing, and the upper one wins")
    func clip() throws {
        let source = try Tensor((0..<20).map { Float($0) }, shape: [20])
        let low = try Tensor(scalar: Float(8))
        let high = try Tensor(scalar: Float(4))
        #expect(try Evaluation("Clip")(source, low, high).array(of: Float.self).allSatisfy { $0 == 4 })
        #expect(try Evaluation("Clip")(source, nil, high).array(of: Float.self).max() == 4)
        #expect(try Evaluation("Clip", opset: 6, ["min": .float(3)])(source).array(of: Float.self).min() == 3)
        #expect(throws: ComputeError.self) { try Evaluation("Clip")(source, source) }
    }

    @Test("refused types and attributes throw")
    func refusals() throws {
        let text = try Tensor(strings: ["a"], shape: [1])
        let truth = try Tensor([true], shape: [1])
        for name in unary { #expect(throws: ComputeError.self, "\(name)") { try Evaluation(name)(text) } }
        for name in ["Add", "Mul", "Max", "Less", "BitwiseAnd", "MatMul", "Where", "And", "Pow"] {
            #expect(throws: ComputeError.self, "\(name)") { try Evaluation(name)(text, truth, truth) }
        }
        #expect(throws: ComputeError.self) { try Evaluation("BitShift") }
        #expect(throws: ComputeError.self) { try Evaluation("BitShift", ["direction": .string("UP")]) }
        #expect(throws: ComputeError.self) { try Evaluation("Cast") }
        #expect(throws: ComputeError.self) { try Evaluation("Cast", ["to": .integer(999)]) }
        #expect(throws: ComputeError.self) { try Evaluation("Gelu", ["approximate": .string("other")]) }
        #expect(throws: ComputeError.self) { try Evaluation("BitCast", ["to": .integer(11)])(truth) }
    }

    @Test("a choice takes every element type")
    func choices() throws {
        let condition = try Tensor([true, false], shape: [2])
        let words = try Evaluation("Where")(
            condition, Tensor(strings: ["a"], shape: [1]), Tensor(strings: ["b", "c"], shape: [2, 1]))
        #expect(words.shape == [2, 2])
        #expect(words.strings == ["a", "b", "a", "c"])
        let wide = try Evaluation("Where")(
            condition, Tensor([Complex128(1, 2)], shape: [1]), Tensor([Complex128(3, 4)], shape: [1]))
        #expect(try wide.array(of: Complex128.self) == [Complex128(1, 2), Complex128(3, 4)])
    }

    @Test("inference follows sizes and elements")
    func inference() throws {
        let n = Dimension(symbol: "N")
        let left = InferredValue.tensor(.float32, [n, 1, 3])
        let sum = try Evaluation("Add").infer(left, .tensor(.float32, [4, 1]))
        #expect(sum.type == .tensor(.float32, [n, 4, 3]))
        let mixed = try Evaluation("Add").infer(left, .tensor(.float32, [Dimension(symbol: "M"), 4, 3]))
        #expect(mixed.type == .tensor(.float32, [.unknown, 4, 3]))
        #expect(throws: ComputeError.self) { try Evaluation("Add").infer(left, .tensor(.float32, [2])) }
        let sizes = InferredValue(.tensor(.int64, [2]), elements: [n, 6])
        let two = InferredValue(.tensor(.int64, []), constant: try Tensor(scalar: Int64(2)))
        #expect(try Evaluation("Mul").infer(sizes, two).elements == [n * 2, 12])
        #expect(try Evaluation("Sub").infer(sizes, two).elements == [n - 2, 4])
        #expect(try Evaluation("Div").infer(sizes, two).elements?[1] == 3)
        #expect(try Evaluation("Cast", ["to": .integer(6)]).infer(sizes).elements == [n, 6])
        #expect(try Evaluation("ReduceProd").infer(sizes).elements == [n * 6])
        #expect(try Evaluation("Less").infer(left, left).type == .tensor(.bool, [n, 1, 3]))
    }

    @Test("A size and the lesser of it and a positive number broadcast to the size")
    func leastBroadcasts() throws {
        for name in ["seq", "/a.1"] {
            let size = Dimension(symbol: name)
            let least = Dimension.least(512, size)
            #expect(try ElementwiseInference.broadcast([size, least], [least, size]) == [size, size])
            #expect(try ElementwiseInference.broadcast([size], [Dimension.least(0, size)]) == [.unknown])
            #expect(try ElementwiseInference.broadcast([Dimension(symbol: "n")], [least]) == [.unknown])
        }
    }
}
