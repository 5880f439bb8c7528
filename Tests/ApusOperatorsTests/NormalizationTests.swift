// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct NormalizationTests {
    private func batchInputs() throws -> [Tensor] {
        [try ramp([3, 2, 4])] + [
            try ramp([2]), try ramp([2]), try ramp([2]), try Tensor([1, 2] as [Float], shape: [2]),
        ]
    }

    @Test("Old training modes measure the batch and new ones do the same")
    func training() throws {
        let inputs = try batchInputs()
        let new = try evaluated(
            BatchNormalization.self, opset: 15, ["training_mode": .integer(1)], inputs, outputs: 3)
        let old = try evaluated(BatchNormalization.self, opset: 7, inputs, outputs: 5)
        let oldest = try evaluated(BatchNormalization.self, opset: 6, inputs, outputs: 5)
        #expect(old.count == 5)
        for index in 0..<3 {
            #expect(try new[index].array(of: Float.self) == old[index].array(of: Float.self))
            #expect(try new[index].array(of: Float.self) == oldest[index].array(of: Float.self))
        }
    }

    @Test("Statistics for every place belong to places")
    func places() throws {
        let input = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 1, 2])
        let ones = try Tensor([1, 1] as [Float], shape: [2])
        let mean = try Tensor([1, 2] as [Float], shape: [2])
        let zeros = try Tensor([0, 0] as [Float], shape: [2])
        let result = try evaluated(
            BatchNormalization.self, opset: 7, ["spatial": .integer(0), "epsilon": .float(0)],
            [input, ones, zeros, mean, ones])[0]
        #expect(try result.array(of: Float.self) == [0, 0, 2, 2])
    }

    @Test("The statistics of a layer norm over halves stay in single precision")
    func stash() throws {
        let input = try ramp([2, 3]).cast(to: .float16)
        let scale = try ramp([3]).cast(to: .float16)
        let results = try evaluated(LayerNormalization.self, [input, scale], outputs: 3)
        #expect(results.map(\.elementType) == [.float16, .float32, .float32])
        #expect(results[1].shape == [2, 1])
    }

    @Test("Scales of groups and of channels are both understood")
    func groups() throws {
        let input = try ramp([1, 4, 3])
        let attributes: [String: Attribute] = ["num_groups": .integer(2)]
        let perGroup = try evaluated(
            GroupNormalization.self, opset: 18, attributes, [input, try ramp([2]), try ramp([2])])[0]
        let spread = try Tensor([-1.25, -1.25, 0.5, 0.5] as [Float], shape: [4])
        let perChannel = try evaluated(GroupNormalization.self, opset: 21, attributes, [input, spread, spread])[0]
        #expect(agrees(try perGroup.array(of: Float.self), try perChannel.array(of: Float.self)))
    }

    @Test("Parameters of the wrong size are refused")
    func refusals() throws {
        var inputs = try batchInputs()
        inputs[1] = try ramp([3])
        #expect(refusal(BatchNormalization.self, inputs) == .shape)
        let image = try ramp([1, 4, 3])
        #expect(refusal(GroupNormalization.self, ["num_groups": .integer(3)], [image, image, image]) == .shape)
        #expect(refusal(InstanceNormalization.self, [image, try ramp([2]), try ramp([2])]) == .shape)
        #expect(refusal(LayerNormalization.self, [image, try ramp([5])]) == .shape)
        #expect(refusal(LayerNormalization.self, ["axis": .integer(7)], [image, try ramp([3])]) == .shape)
        #expect(refusal(RMSNormalization.self, [image, try ramp([2])]) == .shape)
        #expect(refusal(LpNormalization.self, ["p": .integer(3)], [image]) == .attribute)
        #expect(refusal(LRN.self, ["size": .integer(0)], [image]) == .attribute)
        #expect(refusal(MeanVarianceNormalization.self, [image]) == .shape)
    }
}
