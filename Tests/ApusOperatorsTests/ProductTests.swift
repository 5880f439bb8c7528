// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct ProductTests {
    private func counting(_ shape: Shape) throws -> Tensor {
        try Tensor((0..<shape.elementCount).map { Float($0 % 7) - 3 }, shape: shape)
    }

    @Test("stacks of matrices multiply alike in every number type")
    func stacks() throws {
        let pairs: [(Shape, Shape, Shape)] = [
            ([3], [3], .scalar), ([3], [3, 2], [2]), ([2, 3], [3], [2]), ([2, 3], [3, 4], [2, 4]),
            ([5, 2, 3], [3, 4], [5, 2, 4]), ([2, 3], [5, 3, 4], [5, 2, 4]), ([5, 1, 2, 3], [4, 3, 2], [5, 4, 2, 2]),
            ([0, 3], [3, 4], [0, 4]), ([2, 0], [0, 4], [2, 4]), ([0, 2, 3], [3, 4], [0, 2, 4]),
        ]
        for (left, right, shape) in pairs {
            let (first, second) = (try counting(left), try counting(right))
            let result = try Evaluation("MatMul")(first, second)
            #expect(result.shape == shape, "\(left) and \(right)")
            let expected = try result.array(of: Float.self)
            for type in [ElementType.float64, .int32, .int64, .float16] {
                let other = try Evaluation("MatMul")(first.cast(to: type), second.cast(to: type))
                #expect(try other.cast(to: .float32).array(of: Float.self) == expected, "\(left) in \(type)")
            }
            let known = try Evaluation("MatMul").infer(
                .tensor(.float32, left.map { Dimension($0) }), .tensor(.float32, right.map { Dimension($0) }))
            #expect(known.type.shape == shape)
        }
        #expect(throws: ComputeError.self) { try Evaluation("MatMul")(counting([2, 3]), counting([2, 3])) }
        #expect(throws: ComputeError.self) { try Evaluation("MatMul")(counting(.scalar), counting([2])) }
    }

    @Test("a Gemm scales, transposes and adds in every number type")
    func gemm() throws {
        let attributes: [String: Attribute] = [
            "alpha": .float(2), "beta": .float(3), "transA": .integer(1), "transB": .integer(1),
        ]
        let (left, right, bias) = (try counting([3, 2]), try counting([4, 3]), try counting([4]))
        let expected = try Evaluation("Gemm", attributes)(left, right, bias).array(of: Float.self)
        var sum: Float = 0
        for index in 0..<3 {
            sum += try left.array(of: Float.self)[index * 2] * right.array(of: Float.self)[index]
        }
        #expect(expected[0] == 2 * sum + 3 * (try bias.array(of: Float.self)[0]))
        for type in [ElementType.float64, .int32, .int64] {
            let other = try Evaluation("Gemm", attributes)(
                left.cast(to: type), right.cast(to: type), bias.cast(to: type))
            #expect(try other.cast(to: .float32).array(of: Float.self) == expected)
        }
        #expect(throws: ComputeError.self) { try Evaluation("Gemm")(left, right, bias) }
        #expect(throws: ComputeError.self) { try Evaluation("Gemm", attributes)(left, right, counting([5])) }
    }

    @Test(
        "an equation may repeat letters, broadcast and leave the result out",
        arguments: [
            ("ii->i", "", [Float(0), 4, 8]), ("ii", "", [12]), ("ij->ji", "", [0, 3, 6, 1, 4, 7, 2, 5, 8]),
            ("ij,jk", "3x3", [15, 18, 21, 42, 54, 66, 69, 90, 111]), ("ij,ij->", "3x3", [204]),
            ("...j,j", "3", [5, 14, 23]), ("ab,cd->", "3x3", [1296]),
        ])
    func einsum(equation: String, second: String, expected: [Float]) throws {
        let source = try Tensor((0..<9).map { Float($0) }, shape: [3, 3])
        let evaluation = try Evaluation("Einsum", ["equation": .string(equation)])
        let result =
            switch second {
            case "": try evaluation(source)
            case "3": try evaluation(source, Tensor([Float(0), 1, 2], shape: [3]))
            default: try evaluation(source, source)
            }
        #expect(try result.array(of: Float.self) == expected)
    }

    @Test("three factors contract one after the other")
    func threeFactors() throws {
        let source = try Tensor((0..<4).map { Int64($0) }, shape: [2, 2])
        let evaluation = try Evaluation("Einsum", ["equation": .string("ij,jk,kl->il")])
        #expect(try evaluation(source, source, source).array(of: Int64.self) == [6, 11, 22, 39])
    }

    @Test("a broken equation is refused", arguments: ["i->j", "i,,->", "i.j", "i-j", "i->i->i", "i->ii", "?", "ij"])
    func brokenEquations(text: String) throws {
        let source = try Tensor([Float(1), 2], shape: [2])
        #expect(throws: ComputeError.self) { try Evaluation("Einsum", ["equation": .string(text)])(source) }
    }

    @Test("a determinant needs square matrices")
    func determinants() throws {
        #expect(try Evaluation("Det")(Tensor([Float(0), 1, 1, 0], shape: [2, 2])).array(of: Float.self) == [-1])
        #expect(try Evaluation("Det")(Tensor([Float](), shape: [1, 0, 0])).array(of: Float.self) == [1])
        #expect(throws: ComputeError.self) { try Evaluation("Det")(counting([2, 3])) }
    }
}

extension ProductTests {
    @Test("empty tensors of huge sizes cost nothing")
    func hugeEmptySizes() throws {
        let empty = try Tensor([Float](), shape: [1 << 26, 0, 3])
        #expect(
            try Evaluation("MatMul")(empty, Tensor([Float](repeating: 1, count: 6), shape: [1, 3, 2])).elementCount == 0
        )
        let pair = try Evaluation("Einsum", inputCount: 2, ["equation": .string("abc,abc->ab")])
        #expect(try pair(empty, empty).shape == [1 << 26, 0])
        #expect(try Evaluation("Det")(Tensor([Float](), shape: [0, 1 << 14, 1 << 14])).elementCount == 0)
        #expect(try Evaluation("ReduceSum")(empty, Tensor([Int64(2)], shape: [1])).elementCount == 0)
        #expect(try Evaluation("Softmax")(empty).elementCount == 0)
        #expect(try Evaluation("Add")(empty, empty).elementCount == 0)
    }
}
