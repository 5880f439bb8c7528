// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Models to start from, and what is made of them; a seed and an index always make the same bytes.
package struct Corpus {
    private let models: [[UInt8]]
    private let seed: UInt64
    private let fields: FieldMutator

    private static let largestByteCount = 1 << 16

    package init(paths: some Sequence<String>, seed: UInt64) {
        models = paths.map(Files.read).filter { !$0.isEmpty && $0.count <= Corpus.largestByteCount }
        self.seed = seed
        var fields = FieldMutator()
        for model in models {
            if let tree = WireField.parse(model[...], as: .model) { fields.learn(tree, of: .model) }
        }
        self.fields = fields
    }

    /// The number of models that are small enough.
    package var count: Int { models.count }

    /// A model changed in its fields, in its bytes, or in both.
    package func mutant(_ index: Int) -> [UInt8] {
        guard !models.isEmpty else { return [] }
        var random = SplitMix(state: seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
        var bytes = models[Int.random(in: models.indices, using: &random)]
        let form = Int.random(in: 0..<10, using: &random)
        if form < 8, var tree = WireField.parse(bytes[...], as: .model) {
            for _ in 0..<1 << Int.random(in: 0...3, using: &random) { fields.change(&tree, &random) }
            bytes = WireField.bytes(of: tree)
        }
        guard form >= 7 else { return bytes }
        for _ in 0..<1 << Int.random(in: 0...3, using: &random) where !bytes.isEmpty { change(&bytes, &random) }
        return bytes
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let position = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes[position] = .random(in: .min ... .max, using: &random)
        case 3: bytes[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        case 4: bytes.removeSubrange(position...)
        case 5: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1...64, using: &random)))
        case 6:
            let end = min(bytes.count, position + Int.random(in: 1...256, using: &random))
            bytes.insert(contentsOf: bytes[position..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 7:
            let other = models[Int.random(in: models.indices, using: &random)]
            let start = Int.random(in: other.indices, using: &random)
            let end = min(other.count, start + Int.random(in: 1...256, using: &random))
            let target = min(bytes.count, position + Int.random(in: 0...256, using: &random))
            bytes.replaceSubrange(position..<target, with: other[start..<end])
        default: replaceNumber(&bytes, at: position, &random)
        }
    }

    /// Puts another number in the place of the base-128 number at a position.
    private func replaceNumber(_ bytes: inout [UInt8], at position: Int, _ random: inout SplitMix) {
        var end = position
        while end < bytes.count - 1, bytes[end] >= 0x80 { end += 1 }
        let value =
            Bool.random(using: &random)
            ? Bytes.numbers.randomElement(using: &random) ?? 0 : .random(in: 0...64, using: &random)
        bytes.replaceSubrange(position...end, with: WireField.encoded(value))
    }
}

/// A small seeded generator.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
