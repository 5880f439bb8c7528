// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusOperators
import ApusTensors
import Testing

@Suite struct RecurrentTests {
    private let attributes: [String: Attribute] = ["hidden_size": .integer(3), "direction": .string("bidirectional")]

    private func inputs(gates: Int, batch: Int, time: Int) throws -> [Tensor?] {
        [
            try ramp([time, batch, 2]), try ramp([2, gates * 3, 2]), try ramp([2, gates * 3, 3], scale: 0.1),
            try ramp([2, 2 * gates * 3]),
        ]
    }

    /// One item of a sequence, cut to its length, must give the same as the whole batch with lengths.
    private func checkLengths<Kind: Operator>(_ kind: Kind.Type, gates: Int, states: Int) throws {
        let all = try inputs(gates: gates, batch: 2, time: 4)
        let lengths = try Tensor([2, 4] as [Int32], shape: [2])
        let together = try evaluated(kind, attributes, all + [lengths], outputs: 1 + states)
        let whole = try #require(all[0]).array(of: Float.self)
        let cut = (0..<2).flatMap { step in (0..<2).map { whole[step * 4 + $0] } }
        var alone = all
        alone[0] = try Tensor(cut, shape: [2, 1, 2])
        let single = try evaluated(kind, attributes, alone, outputs: 1 + states)
        let long = try together[0].array(of: Float.self)
        let short = try single[0].array(of: Float.self)
        for step in 0..<4 {
            for direction in 0..<2 {
                for index in 0..<3 {
                    let value = long[((step * 2 + direction) * 2) * 3 + index]
                    #expect(step < 2 ? abs(value - short[(step * 2 + direction) * 3 + index]) < 1e-5 : value == 0)
                }
            }
        }
        for state in 1...states {
            let last = try together[state].array(of: Float.self)
            let expected = try single[state].array(of: Float.self)
            #expect(agrees(Array(last[0..<3]) + Array(last[6..<9]), expected))
        }
    }

    @Test("Items of different lengths do not see each other")
    func lengths() throws {
        try checkLengths(RNN.self, gates: 1, states: 1)
        try checkLengths(GRU.self, gates: 3, states: 1)
        try checkLengths(LSTM.self, gates: 4, states: 2)
    }

    @Test("A batch that comes first gives the transposed result", arguments: [false, true])
    func layout(resetsAfter: Bool) throws {
        var settings = attributes
        settings["linear_before_reset"] = .integer(resetsAfter ? 1 : 0)
        let plain = try inputs(gates: 3, batch: 1, time: 4)
        let first = try evaluated(GRU.self, settings, plain, outputs: 2)
        settings["layout"] = .integer(1)
        var turned = plain
        turned[0] = try plain[0]?.reshaped(to: [1, 4, 2])
        let second = try evaluated(GRU.self, settings, turned, outputs: 2)
        #expect(second[0].shape == [1, 4, 2, 3])
        #expect(try first[0].array(of: Float.self) == second[0].array(of: Float.self))
    }

    @Test("Coupled gates forget what they do not let in, and clipping bounds what activations see")
    func settings() throws {
        var settings = attributes
        settings["input_forget"] = .integer(1)
        settings["clip"] = .float(0)
        let state = try ramp([2, 1, 3])
        let result = try evaluated(
            LSTM.self, settings, try inputs(gates: 4, batch: 1, time: 1) + [nil, nil, state], outputs: 3)
        let expected = try state.array(of: Float.self).map { $0 / 2 }
        #expect(agrees(try result[2].array(of: Float.self), expected))
    }

    @Test("Weights, states and lengths that do not fit are refused")
    func refusals() throws {
        var wrong = try inputs(gates: 3, batch: 1, time: 2)
        #expect(refusal(GRU.self, ["direction": .string("forward")], wrong) == .shape)
        #expect(refusal(GRU.self, ["direction": .string("up")], wrong) == .attribute)
        #expect(refusal(GRU.self, ["activations": .strings(["Tanh"])], wrong) == .attribute)
        let lengths = try Tensor([9] as [Int32], shape: [1])
        #expect(refusal(GRU.self, attributes, wrong + [lengths]) == .value)
        #expect(refusal(GRU.self, attributes, wrong + [nil, try ramp([1, 1, 3])]) == .shape)
        wrong[3] = try ramp([2, 5])
        #expect(refusal(GRU.self, attributes, wrong) == .shape)
    }
}
