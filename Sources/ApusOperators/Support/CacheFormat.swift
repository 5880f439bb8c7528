// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// How a cache of keys or values is held: as real numbers, or as integers of 8 or 4 bits with scales.
package struct CacheFormat: Sendable {
    private enum Scales: String, CaseIterable {
        case none = "NONE"
        case whole = "PER_TENSOR"
        case channels = "PER_CHANNEL"
    }

    private let scales: Scales
    private let bits: Int

    /// Reads the format from the attribute of a name.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader, _ name: String) throws(ComputeError) {
        scales = try node.choice(name, default: Scales.none)
        bits = scales == .none ? 32 : try node.integer("kv_cache_bit_width", default: 8)
        guard scales == .none || bits == 8 || bits == 4 else {
            throw .attribute("attribute 'kv_cache_bit_width' is \(bits)")
        }
    }

    /// Whether numbers are rounded to integers.
    package var isRounded: Bool { scales != .none }

    /// One scale for each head and feature, or one for all.
    private func factors(_ scale: Tensor?, _ count: Int) throws(ComputeError) -> [Float] {
        guard let scale else { throw .value("the scale of the cache is missing") }
        let result = try scale.array(of: Float.self)
        guard result.count == (scales == .whole ? 1 : count) else {
            throw .shape("\(scale) for \(count) features of all heads")
        }
        return result
    }

    /// The cache as real numbers.
    ///
    /// - Throws: ``ComputeError`` with code `elementType`, `shape` or `value`.
    package func opened(_ past: Tensor?, _ scale: Tensor?) throws(ComputeError) -> Tensor? {
        guard let past, isRounded else { return past }
        guard past.shape.rank == 4, past.shape.allSatisfy({ $0 <= 1 << 30 }) else {
            throw .shape("the past is \(past)")
        }
        var shape = past.shape
        var numbers: [Float] = []
        if bits == 8 {
            let source = try past.elements(of: Int8.self)
            numbers.reserveCapacity(source.count)
            for index in source.indices { numbers.append(Float(source[index])) }
        } else {
            let source = try past.elements(of: UInt8.self)
            numbers.reserveCapacity(2 * source.count)
            for index in source.indices {
                numbers.append(Float(source[index] & 15) - 8)
                numbers.append(Float(source[index] >> 4) - 8)
            }
            shape[3] *= 2
        }
        let factors = try factors(scale, shape[1] * shape[3])
        let run = shape[2] * shape[3]
        for index in numbers.indices {
            numbers[index] *= factors[CacheFormat.place(index, run, shape[3], shape[1], factors.count)]
        }
        return try Tensor(numbers, shape: shape)
    }

    /// The scale's place for an element of batch × heads × length × features.
    private static func place(_ index: Int, _ run: Int, _ features: Int, _ heads: Int, _ count: Int)
        -> Int
    {
        count == 1 ? 0 : index / run % heads * features + index % features
    }

    /// The numbers as the cache can hold them.
    ///
    /// - Throws: ``ComputeError`` with code `shape` or `value`.
    package func rounded(_ stack: HeadStack, _ scale: Tensor?) throws(ComputeError) -> HeadStack {
        guard isRounded else { return stack }
        let factors = try factors(scale, stack.heads * stack.features)
        var result = stack
        for index in result.values.indices {
            let factor = factors[
                CacheFormat.place(
                    index, stack.length * stack.features, stack.features, stack.heads, factors.count)]
            result.values[index] = integer(stack.values[index] / factor) * factor
        }
        return result
    }

    private func integer(_ value: Float) -> Float {
        let most: Float = bits == 8 ? 127 : 7
        return max(-most - 1, min(most, value.isNaN ? 0 : value.rounded(.toNearestOrEven)))
    }

    /// The cache of rounded numbers.
    ///
    /// - Throws: ``ComputeError`` with code `shape`, `value` or `limit`.
    package func closed(_ stack: HeadStack, _ scale: Tensor?) throws(ComputeError) -> Tensor {
        guard isRounded else { return try Tensor(stack.values, shape: stack.shape) }
        let factors = try factors(scale, stack.heads * stack.features)
        var integers: [Int8] = []
        integers.reserveCapacity(stack.values.count)
        for (index, value) in stack.values.enumerated() {
            let factor = factors[
                CacheFormat.place(
                    index, stack.length * stack.features, stack.features, stack.heads, factors.count)]
            integers.append(Int8(integer(value / factor)))
        }
        if bits == 8 { return try Tensor(integers, shape: stack.shape) }
        guard stack.features % 2 == 0 else { throw .shape("\(stack.features) features do not pair up") }
        var shape = stack.shape
        shape[3] /= 2
        let packed = stride(from: 0, to: integers.count, by: 2).map { index in
            UInt8(bitPattern: integers[index] &+ 8) | UInt8(bitPattern: integers[index + 1] &+ 8) << 4
        }
        return try Tensor(packed, shape: shape)
    }
}
