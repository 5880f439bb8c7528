// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

extension Tensor {
    /// Integers that compare as the elements do: NaN last, the zeros equal, strings by their UTF-8.
    ///
    /// A complex element has two, the real part first.
    func orderKeys() throws(ComputeError) -> [UInt64] {
        switch elementType {
        case .float32:
            let span = try elements(of: Float.self)
            return span.indices.map { Tensor.orderKey(Double(span[$0])) }
        case .float64:
            let span = try elements(of: Double.self)
            return span.indices.map { Tensor.orderKey(span[$0]) }
        case .float16:
            let span = try elements(of: Float16.self)
            return span.indices.map { Tensor.orderKey(Double(span[$0])) }
        case .bfloat16:
            let span = try elements(of: BFloat16.self)
            return span.indices.map { Tensor.orderKey(Double(span[$0].float)) }
        case .complex64:
            let span = try elements(of: Complex64.self)
            return span.indices.flatMap {
                [Tensor.orderKey(Double(span[$0].real)), Tensor.orderKey(Double(span[$0].imaginary))]
            }
        case .complex128:
            let span = try elements(of: Complex128.self)
            return span.indices.flatMap { [Tensor.orderKey(span[$0].real), Tensor.orderKey(span[$0].imaginary)] }
        case .uint64: return try array(of: UInt64.self)
        case .string:
            let order = strings.indices.sorted { strings[$0].utf8.lexicographicallyPrecedes(strings[$1].utf8) }
            var keys = [UInt64](repeating: 0, count: strings.count)
            var key: UInt64 = 0
            for (place, index) in order.enumerated() {
                if place > 0, !strings[order[place - 1]].utf8.elementsEqual(strings[index].utf8) { key += 1 }
                keys[index] = key
            }
            return keys
        default: return try integers().map { UInt64(bitPattern: Int64($0)) ^ (1 << 63) }
        }
    }

    private static func orderKey(_ value: Double) -> UInt64 {
        if value.isNaN { return .max }
        let bits = value == 0 ? 0 : value.bitPattern
        return bits >> 63 == 0 ? bits | (1 << 63) : ~bits
    }
}
