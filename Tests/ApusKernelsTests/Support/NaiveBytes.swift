// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusKernels

/// The number a byte stands for.
func number(_ byte: UInt8, isSigned: Bool) -> Int32 { isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte) }

/// The per-channel numbers of a byte epilogue and what they make of an exact sum.
struct ByteChannels {
    let integerBias: Buffer<Int32>
    let scales: Buffer<Float>
    let bias: Buffer<Float>
    let axis: Epilogue.BiasAxis
    let activation: Activation

    init(_ count: Int, axis: Epilogue.BiasAxis, activation: Activation, _ random: inout SeededGenerator) {
        integerBias = Buffer((0..<count).map { _ in Int32.random(in: -500...500, using: &random) }, filler: 1)
        scales = Buffer(count, in: 0.001...0.01, &random)
        bias = Buffer(count, in: -1...1, &random)
        self.axis = axis
        self.activation = activation
    }

    var epilogue: ByteEpilogue {
        var epilogue = ByteEpilogue()
        epilogue.axis = axis
        unsafe epilogue.integerBias = integerBias.constant
        unsafe epilogue.scales = scales.constant
        epilogue.isScalePerChannel = true
        unsafe epilogue.bias = bias.constant
        epilogue.activation = activation
        epilogue.zeroPoint = 5
        epilogue.lowest = -100
        epilogue.highest = 120
        return epilogue
    }

    func integer(_ sum: Int32, _ channel: Int) -> Int32 { sum + integerBias[channel] }

    func float(_ sum: Int32, _ channel: Int) -> Float {
        activation(Float(integer(sum, channel)) * scales[channel] + bias[channel])
    }

    func code(_ sum: Int32, _ channel: Int, isSigned: Bool) -> Int {
        let rounded = Int(float(sum, channel).rounded(.toNearestOrEven)) + 5
        return Swift.min(Swift.max(rounded, isSigned ? -100 : 0), 120)
    }

    /// Whether stored bytes are right, or off by one where the float lies at a tie within rounding.
    func accepts(_ bytes: [UInt8], _ sums: [Int32], isSigned: Bool, channel: (Int) -> Int) -> Bool {
        zip(bytes, sums).enumerated().allSatisfy { index, pair in
            let expected = code(pair.1, channel(index), isSigned: isSigned)
            let actual = Int(number(pair.0, isSigned: isSigned))
            if actual == expected { return true }
            let value = float(pair.1, channel(index))
            let tie = Swift.abs(Swift.abs(value - value.rounded(.down)) - 0.5)
            return Swift.abs(actual - expected) == 1 && tie < 1e-5 * Swift.max(1, Swift.abs(value))
        }
    }
}
