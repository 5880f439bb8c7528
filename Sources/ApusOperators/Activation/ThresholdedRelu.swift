// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Every element where it is above `alpha`, and 0 elsewhere.
package struct ThresholdedRelu: RealFunction {
    package static let schema = Schema("ThresholdedRelu", since: 10, inputs: 1...1)

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        x > Real(alpha) || x.isNaN ? x : 0
    }
}
