// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The mean of every channel of quantized images.
package struct QLinearGlobalAveragePool: Operator {
    package static let schema = Schema("QLinearGlobalAveragePool", domain: OperatorDomain.microsoft, inputs: 5...5)

    private let isChannelsLast: Bool

    package init(_ node: NodeReader) throws(ComputeError) { isChannelsLast = try node.flag("channels_last") }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard var result = dimensions else { return [.tensor(elementType, nil)] }
        guard result.count >= 3 else { throw .shape("a pool needs batch, channel and space") }
        for axis in isChannelsLast ? 1..<(result.count - 1) : 2..<result.count { result[axis] = 1 }
        return [.tensor(elementType, result)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        guard shape.rank >= 3, let range = QuantizedRange(source.elementType) else {
            throw .shape("\(source) is no batch of quantized images")
        }
        guard source.elementType == .uint8 || source.elementType == .int8 else {
            throw .elementType("expected i8 or u8, the tensor is \(source)")
        }
        let scale = try QuantizedScale(inputs, at: 1)
        let target = try QuantizedScale(inputs, at: 3)
        var pooled = shape
        for axis in isChannelsLast ? 1..<(shape.rank - 1) : 2..<shape.rank { pooled[axis] = 1 }
        let channels = isChannelsLast ? shape[shape.rank - 1] : 1
        let places = shape.elementCount / max(pooled.elementCount, 1)
        let isSigned = source.elementType == .int8
        let values = try source.patterns(of: UInt8.self)
        let zero = Int32(places) &* scale.zeroPoint
        let factor = scale.scale / (target.scale * Float(places))
        try outputs.writeQuantized(0, source.elementType, pooled) { index in
            let start = index / channels * places * channels + index % channels
            var sum: Int32 = 0
            for place in 0..<places {
                let pattern = values[start + place * channels]
                sum &+= isSigned ? Int32(Int8(bitPattern: pattern)) : Int32(pattern)
            }
            return range.quantize(Float(sum &- zero) * factor, zeroPoint: target.zeroPoint)
        }
    }
}
