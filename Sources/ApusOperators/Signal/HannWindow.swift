// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A raised cosine that reaches zero.
package struct HannWindow: CosineWindowOperator {
    package static let schema = Schema("HannWindow", since: 17, inputs: 1...1)
    package static let factors: [Double] = [0.5, -0.5]

    package let window: CosineWindow

    package init(_ node: NodeReader) throws(ComputeError) { window = try CosineWindow(node) }
}
