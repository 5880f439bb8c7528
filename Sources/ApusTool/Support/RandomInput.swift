// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusFormats
import ApusGraphs
import ApusTensors
import Glibc

/// Inputs that are made up: normal floats, small whole numbers, all true masks.
enum RandomInput {
    /// A tensor of a value's declared type; an open size is 1 unless a shape is given.
    static func make(_ value: Value, seed: UInt64, shape: Shape?) throws -> Datum {
        guard case .tensor(let elementType, let dimensions) = value.type else {
            throw Failure("input '\(value.name)' is \(value.type), which cannot be made up; give it with --input")
        }
        guard let shape = shape ?? dimensions.map({ Shape($0.map { max(0, $0.value ?? 1) }) }) else {
            throw Failure("input '\(value.name)' has no declared rank: give --shape \(value.name)=SIZES")
        }
        let count = try shape.checkedElementCount()
        guard count <= 1 << 32 else { throw Failure("input '\(value.name)' would have \(count) elements") }
        var generator = SplitMix(state: seed)
        let isMask = value.name.contains("mask")
        switch elementType {
        case .float32: return .tensor(try Tensor((0..<count).map { _ in Float(generator.normal()) }, shape: shape))
        case .float64: return .tensor(try Tensor((0..<count).map { _ in generator.normal() }, shape: shape))
        case .float16: return .tensor(try Tensor((0..<count).map { _ in Float16(generator.normal()) }, shape: shape))
        case .bfloat16:
            return .tensor(try Tensor((0..<count).map { _ in BFloat16(Float(generator.normal())) }, shape: shape))
        case .complex64, .complex128, .string:
            throw Failure("input '\(value.name)' is \(value.type), which cannot be made up; give it with --input")
        default:
            let limit: UInt64 = elementType == .bool || elementType.storedBitWidth < 8 ? 2 : 10
            let numbers = (0..<count).map { _ in
                JSONValue.integer(isMask ? 1 : Int64(generator.next() % limit))
            }
            let flat = try JSONArray.decode(.array(numbers), as: elementType)
            return .tensor(try flat.reshaped(to: shape))
        }
    }
}

/// Numbers that depend on nothing but the seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The sum of four evenly spread numbers, which is nearly normal, with mean 0 and deviation 1.
    mutating func normal() -> Double {
        let bits = next()
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Double(sum) - 131_070) / 37_837.2
    }
}
