// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct RandomTests {
    @Test("A seed gives the numbers of the generator other libraries use")
    func seeded() throws {
        let uniform = try evaluated(
            RandomUniform.self, ["shape": .integers([3]), "seed": .float(0), "dtype": .integer(11)], [])[0]
        #expect(
            try uniform.array(of: Double.self) == [0.5488135039273248, 0.7151893663724195, 0.6027633760716439])
        let normal = try evaluated(
            RandomNormal.self, ["shape": .integers([2]), "seed": .float(0), "dtype": .integer(11)], [])[0]
        let expected = [1.764052345967664, 0.4001572083672233]
        #expect(zip(try normal.array(of: Double.self), expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test("Without a seed the numbers come from the context, and differ")
    func unseeded() throws {
        let like = try ramp([64])
        let first = try evaluated(RandomUniformLike.self, [like])[0].array(of: Float.self)
        let second = try evaluated(RandomUniformLike.self, [like])[0].array(of: Float.self)
        #expect(first != second)
        #expect(first.allSatisfy { $0 >= 0 && $0 < 1 })
        let half = try evaluated(RandomNormalLike.self, ["dtype": .integer(10)], [like])[0]
        #expect(half.elementType == .float16)
    }

    @Test("Certain and impossible outcomes are drawn as such")
    func outcomes() throws {
        let chances = try Tensor([0, 1, 0, 1] as [Float], shape: [4])
        let drawn = try evaluated(Bernoulli.self, ["dtype": .integer(9)], [chances])[0]
        #expect(try drawn.array(of: Bool.self) == [false, true, false, true])
        let logarithms = try Tensor([-1000, 0, -1000, 0, -1000, -1000] as [Float], shape: [2, 3])
        let samples = try evaluated(
            Multinomial.self, ["sample_size": .integer(3), "dtype": .integer(7)], [logarithms])[0]
        #expect(try samples.array(of: Int64.self) == [1, 1, 1, 0, 0, 0])
        #expect(refusal(RandomUniform.self, ["shape": .integers([-1])], []) == .shape)
        #expect(refusal(RandomNormal.self, ["shape": .integers([1]), "dtype": .integer(7)], []) == .elementType)
        #expect(refusal(Dropout.self, [chances, try Tensor(scalar: Float(1)), try Tensor(scalar: true)]) == .value)
    }

    @Test("Dropout hands its input through unless it trains")
    func dropout() throws {
        let source = try ramp([8])
        let old = try evaluated(Dropout.self, opset: 7, [source], outputs: 2)
        #expect(try old[0].array(of: Float.self) == source.array(of: Float.self))
        #expect(old[1].elementType == .float32)
        let new = try evaluated(Dropout.self, opset: 13, [source], outputs: 2)
        #expect(try new[1].array(of: Bool.self) == [Bool](repeating: true, count: 8))
    }
}
