// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Every element moved towards 0 by `bias`, and 0 where it lies within `lambd`.
package struct Shrink: RealFunction {
    package static let schema = Schema("Shrink", since: 9, inputs: 1...1)
    package static let acceptsIntegers = true

    private let bias: Float
    private let threshold: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        bias = try node.float("bias", default: 0)
        threshold = try node.float("lambd", default: 0.5)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x < -Real(threshold) ? x + Real(bias) : x > Real(threshold) ? x - Real(bias) : x.isNaN ? x : 0
    }
}
