// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The indices of elements that are not zero, one column for each.
package struct NonZero: Operator {
    package static let schema = Schema("NonZero", since: 9, inputs: 1...1)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let rank = inputs.dimensions(0).map { Dimension($0.count) } ?? .unknown
        return [.tensor(.int64, [rank, .unknown])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let positions = try NonZero.positions(source)
        let shape = source.shape
        try outputs.write(0, of: Int64.self, [shape.rank, positions.count]) { target throws(ComputeError) in
            let steps = shape.strides
            for axis in shape.indices {
                let row = axis * positions.count
                for (column, position) in positions.enumerated() {
                    target[row + column] = Int64(position / steps[axis] % shape[axis])
                }
            }
        }
    }

    private static func positions(_ source: Tensor) throws(ComputeError) -> [Int] {
        switch source.elementType {
        case .string: return source.strings.indices.filter { !source.strings[$0].isEmpty }
        case .complex64: return try positions(source, UInt64.self) { $0 & 0x7FFF_FFFF_7FFF_FFFF }
        case .complex128:
            let span = try source.patterns(of: Pattern128.self)
            return span.indices.filter { (span[$0].low | span[$0].high) << 1 != 0 }
        case .float64: return try positions(source, UInt64.self) { $0 << 1 }
        case .float32: return try positions(source, UInt32.self) { $0 << 1 }
        case .float16, .bfloat16: return try positions(source, UInt16.self) { $0 << 1 }
        case .float8E4M3FN, .float8E5M2: return try positions(source, UInt8.self) { $0 << 1 }
        case .float6E2M3, .float6E3M2: return try positions(source, UInt8.self) { $0 & 31 }
        case .float4E2M1: return try positions(source, UInt8.self) { $0 & 7 }
        default: break
        }
        switch source.elementType.byteWidth {
        case 1: return try positions(source, UInt8.self) { $0 }
        case 2: return try positions(source, UInt16.self) { $0 }
        case 4: return try positions(source, UInt32.self) { $0 }
        default: return try positions(source, UInt64.self) { $0 }
        }
    }

    @inline(__always)
    private static func positions<Pattern: BitPattern>(
        _ source: Tensor, _ type: Pattern.Type, _ magnitude: (Pattern) -> Pattern
    ) throws(ComputeError) -> [Int] {
        let span = try source.patterns(of: Pattern.self)
        var result: [Int] = []
        for index in span.indices where magnitude(span[index]) != .zeroBits { result.append(index) }
        return result
    }
}
