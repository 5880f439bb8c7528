// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// The sum of two quantized tensors.
package struct QLinearAdd: QuantizedBinary {
    package static let schema = Schema("QLinearAdd", domain: OperatorDomain.microsoft, inputs: 7...8)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package static func combine(_ left: Int32, _ right: Int32, _ factors: QuantizedFactors) -> Float {
        let zeros = factors.left * Float(factors.leftZero) + factors.right * Float(factors.rightZero)
        let fixed = Double(Float(factors.targetZero) - zeros)
        let half = Float(Double(right) * Double(factors.right) + fixed)
        return Float(Double(left) * Double(factors.left) + Double(half))
    }

    package static func sum(_ factors: QuantizedFactors, _ range: QuantizedRange) -> ByteSum? {
        let zeros = factors.left * Float(factors.leftZero) + factors.right * Float(factors.rightZero)
        return ByteSum(
            left: factors.left, right: factors.right, fixed: Float(factors.targetZero) - zeros, lowest: range.low,
            highest: range.high)
    }
}
