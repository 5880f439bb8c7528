// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels
import Glibc
import Testing

@Suite struct AttentionKernelTests {
    private static let shapes: [AttentionShape] = [
        AttentionShape(batch: 1, heads: 1, keyHeads: 1, queries: 1, keys: 1, depth: 1, values: 1, scale: 1),
        AttentionShape(batch: 2, heads: 4, keyHeads: 2, queries: 3, keys: 150, depth: 33, values: 70, scale: 0.3),
        AttentionShape(batch: 1, heads: 3, keyHeads: 3, queries: 5, keys: 7, depth: 8, values: 6, scale: 0.5),
        AttentionShape(batch: 2, heads: 2, keyHeads: 1, queries: 40, keys: 129, depth: 17, values: 32, scale: 0.2),
        AttentionShape(batch: 1, heads: 1, keyHeads: 1, queries: 100, keys: 300, depth: 64, values: 15, scale: 0.1),
        AttentionShape(batch: 1, heads: 2, keyHeads: 2, queries: 9, keys: 0, depth: 4, values: 5, scale: 1),
    ]

    private enum Masking: CaseIterable {
        case none
        case shared
        case full
    }

    @Test("Attention agrees with the definition under every mask", arguments: kernelSets)
    func attention(kernels: Kernels) {
        var random = SeededGenerator(51)
        for base in Self.shapes {
            for masking in Masking.allCases {
                let rules: [(Int?, Float)] = [(nil, 0), (base.keys - base.queries, 0), (-2, 0), (nil, 1.5)]
                for (reach, softcap) in rules {
                    var shape = base
                    shape.reach = reach
                    shape.softcap = softcap
                    expectAgreement(kernels, shape, masking, &random)
                }
            }
        }
    }

    private func expectAgreement(
        _ kernels: Kernels, _ shape: AttentionShape, _ masking: Masking, _ random: inout SeededGenerator
    ) {
        let (queries, keys, batch, heads) = (shape.queries, shape.keys, shape.batch, shape.heads)
        // Queries lie with heads side by side, keys and values head by head.
        let width = heads * shape.depth
        let q = Buffer(Swift.max(1, batch * queries * width), in: -2...2, &random)
        let k = Buffer(Swift.max(1, batch * shape.keyHeads * keys * shape.depth), in: -2...2, &random)
        let v = Buffer(Swift.max(1, batch * shape.keyHeads * keys * shape.values), in: -2...2, &random)
        let mask = Buffer(Swift.max(1, batch * queries * keys), in: -2...2, &random)
        for index in 0..<mask.count where index % 3 == 1 { mask[index] = -.infinity }
        let place = masking == .full ? keys : 0
        let maskSteps = HeadSteps(item: queries * keys, head: 0, place: place)
        let y = Buffer(results: batch * queries * heads * shape.values)
        unsafe kernels.attention(
            shape, q.constant, HeadSteps(item: queries * width, head: shape.depth, place: width), k.constant,
            HeadSteps(item: shape.keyHeads * keys * shape.depth, head: keys * shape.depth, place: shape.depth),
            v.constant,
            HeadSteps(item: shape.keyHeads * keys * shape.values, head: keys * shape.values, place: shape.values),
            mask: masking == .none ? nil : mask.constant, maskSteps: maskSteps, into: y.pointer,
            HeadSteps(item: queries * heads * shape.values, head: shape.values, place: heads * shape.values))
        var expected: [Float] = []
        for item in 0..<batch {
            for query in 0..<queries {
                for head in 0..<heads {
                    let shared = item * shape.keyHeads + head / (heads / shape.keyHeads)
                    let scores = (0..<keys).map { key -> Double in
                        guard key <= query + (shape.reach ?? keys) else { return -.infinity }
                        var score = 0.0
                        for index in 0..<shape.depth {
                            score +=
                                Double(q[(item * queries + query) * width + head * shape.depth + index])
                                * Double(k[(shared * keys + key) * shape.depth + index])
                        }
                        score *= Double(shape.scale)
                        if shape.softcap > 0 { score = Double(shape.softcap) * tanh(score / Double(shape.softcap)) }
                        guard masking != .none else { return score }
                        return score + Double(mask[item * queries * keys + query * place + key])
                    }
                    let top = scores.max() ?? 0
                    let powers = scores.map { top == -.infinity ? 0 : exp($0 - top) }
                    let sum = powers.reduce(0, +)
                    for index in 0..<shape.values {
                        let total = (0..<keys).reduce(0.0) {
                            $0 + powers[$1] * Double(v[(shared * keys + $1) * shape.values + index])
                        }
                        expected.append(sum == 0 ? 0 : Float(total / sum))
                    }
                }
            }
        }
        #expect(departure(y.array, expected, absolute: 1e-5) == nil, "\(shape) \(masking)")
        #expect(y.isIntact)
    }
}
