// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors
import Glibc

/// The generator MT19937, seeded and read as numerical libraries do, so that seeded results can be compared.
struct MersenneTwister {
    private var state: [UInt32]
    private var position = 624
    private var spare: Double?

    init(seed: UInt32) {
        state = [seed]
        for index in 1..<624 {
            let last = state[index - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
    }

    /// Seeded by an attribute, or by the context's generator where there is none.
    init(_ seed: Float?, _ context: EvaluationContext) {
        if let seed {
            self.init(seed: UInt32(exactly: seed.rounded()) ?? seed.bitPattern)
        } else {
            self.init(seed: UInt32(truncatingIfNeeded: context.random.next()))
        }
    }

    mutating func next() -> UInt32 {
        if position == 624 { refill() }
        var word = state[position]
        position += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9D2C_5680
        word ^= (word << 15) & 0xEFC6_0000
        return word ^ (word >> 18)
    }

    private mutating func refill() {
        for index in 0..<624 {
            let mixed = (state[index] & 0x8000_0000) | (state[(index + 1) % 624] & 0x7FFF_FFFF)
            state[index] = state[(index + 397) % 624] ^ (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
        }
        position = 0
    }

    /// A number in `0..<1` with 53 random bits.
    mutating func uniform() -> Double {
        let high = Double(next() >> 5)
        let low = Double(next() >> 6)
        return (high * 67_108_864 + low) / 9_007_199_254_740_992
    }

    /// A number of the standard normal distribution, by the polar method.
    mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let first = 2 * uniform() - 1
            let second = 2 * uniform() - 1
            let square = first * first + second * second
            if square < 1, square != 0 {
                let factor = sqrt(-2 * log(square) / square)
                spare = factor * first
                return factor * second
            }
        }
    }
}

extension Outputs {
    /// Fills an output of a floating-point type with numbers as they come.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types, `shape` or `limit`.
    mutating func writeReals(
        _ index: Int, _ elementType: ElementType, _ shape: Shape, _ next: () -> Double
    ) throws(ComputeError) {
        _ = try shape.checkedElementCount()
        switch elementType {
        case .float32:
            try write(index, of: Float.self, shape) { target throws(ComputeError) in
                for position in target.indices { target[position] = Float(next()) }
            }
        case .float64:
            try write(index, of: Double.self, shape) { target throws(ComputeError) in
                for position in target.indices { target[position] = next() }
            }
        case .float16:
            try write(index, of: Float16.self, shape) { target throws(ComputeError) in
                for position in target.indices { target[position] = Float16(next()) }
            }
        case .bfloat16:
            try write(index, of: BFloat16.self, shape) { target throws(ComputeError) in
                for position in target.indices { target[position] = BFloat16(Float(next())) }
            }
        default: throw .elementType("\(elementType.name) is no floating-point type")
        }
    }

    /// Fills an output of a numeric or bool type with numbers as they come; integers take what they can hold.
    ///
    /// - Throws: ``ComputeError`` with code `elementType` for other types, `shape` or `limit`.
    mutating func writeNumbers(
        _ index: Int, _ elementType: ElementType, _ shape: Shape, _ next: () -> Double
    ) throws(ComputeError) {
        switch elementType {
        case .int8: try writeIntegers(index, Int8.self, shape, next)
        case .int16: try writeIntegers(index, Int16.self, shape, next)
        case .int32: try writeIntegers(index, Int32.self, shape, next)
        case .int64: try writeIntegers(index, Int64.self, shape, next)
        case .uint8: try writeIntegers(index, UInt8.self, shape, next)
        case .uint16: try writeIntegers(index, UInt16.self, shape, next)
        case .uint32: try writeIntegers(index, UInt32.self, shape, next)
        case .uint64: try writeIntegers(index, UInt64.self, shape, next)
        case .bool:
            try write(index, of: Bool.self, shape) { target throws(ComputeError) in
                for position in target.indices { target[position] = next() != 0 }
            }
        default: try writeReals(index, elementType, shape, next)
        }
    }

    private mutating func writeIntegers<Element: FixedWidthInteger & TensorElement>(
        _ index: Int, _ type: Element.Type, _ shape: Shape, _ next: () -> Double
    ) throws(ComputeError) {
        _ = try shape.checkedElementCount()
        try write(index, of: Element.self, shape) { target throws(ComputeError) in
            for position in target.indices {
                let value = next().rounded(.towardZero)
                target[position] = Element(exactly: value) ?? (value > 0 ? .max : .min)
            }
        }
    }
}
