// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The product of two quantized tensors.
package struct QLinearMul: QuantizedBinary {
    package static let schema = Schema("QLinearMul", domain: OperatorDomain.microsoft, inputs: 7...8)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package static func combine(_ left: Int32, _ right: Int32, _ factors: QuantizedFactors) -> Float {
        let product = Float((left &- factors.leftZero) &* (right &- factors.rightZero)) * factors.product
        return product.rounded(.toNearestOrEven) + Float(factors.targetZero)
    }
}
