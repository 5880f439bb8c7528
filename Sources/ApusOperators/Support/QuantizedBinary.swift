// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// An element-wise function of two quantized tensors that broadcast.
package protocol QuantizedBinary: Operator {
    /// The sum or product in units of the result's scale, from two stored numbers, the zero point added.
    static func combine(_ left: Int32, _ right: Int32, _ factors: QuantizedFactors) -> Float

    /// The function as a sum that the kernels take, if it is one.
    static func sum(_ factors: QuantizedFactors, _ range: QuantizedRange) -> ByteSum?
}

/// What the numbers of both sides are multiplied by to be in units of the result's scale, and the zero points.
package struct QuantizedFactors: Sendable {
    package let left: Float
    package let right: Float
    package let product: Float
    package let leftZero: Int32
    package let rightZero: Int32
    package let targetZero: Int32
}

extension QuantizedBinary {
    /// The function as a sum that the kernels take, if it is one.
    package static func sum(_ factors: QuantizedFactors, _ range: QuantizedRange) -> ByteSum? { nil }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count > 3, let elementType = inputs[0]?.type.elementType else { return [] }
        return [
            .tensor(elementType, try ProductShape.broadcast(inputs[0]?.type.dimensions, inputs[3]?.type.dimensions))
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(3)
        guard let range = QuantizedRange(left.elementType), left.elementType == right.elementType else {
            throw .elementType("\(left) and \(right) are not quantized alike")
        }
        let (leftScale, rightScale) = (try QuantizedScale(inputs, at: 1), try QuantizedScale(inputs, at: 4))
        let target = try QuantizedScale(inputs, at: 6)
        let factors = QuantizedFactors(
            left: leftScale.scale / target.scale, right: rightScale.scale / target.scale,
            product: leftScale.scale * rightScale.scale / target.scale, leftZero: leftScale.zeroPoint,
            rightZero: rightScale.zeroPoint, targetZero: target.zeroPoint)
        let shape = try left.shape.broadcast(with: right.shape)
        if left.elementType.byteWidth == 1, left.shape == right.shape, let sum = Self.sum(factors, range),
            left.elementType == .uint8 || left.elementType == .int8
        {
            try outputs.addBytes(0, left, right, sum)
            return
        }
        let leftValues = try left.centred()
        let rightValues = try right.centred()
        let leftPlaces = Broadcasting(left.shape, to: shape)
        let rightPlaces = Broadcasting(right.shape, to: shape)
        try outputs.writeQuantized(0, left.elementType, shape) { index in
            let value = Self.combine(
                Int32(leftValues[leftPlaces[index]]), Int32(rightValues[rightPlaces[index]]), factors)
            return range.quantize(value, zeroPoint: 0)
        }
    }
}
