// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A raised cosine with ends above zero.
package struct HammingWindow: CosineWindowOperator {
    package static let schema = Schema("HammingWindow", since: 17, inputs: 1...1)
    package static let factors: [Double] = [25.0 / 46, 25.0 / 46 - 1]

    package let window: CosineWindow

    package init(_ node: NodeReader) throws(ComputeError) { window = try CosineWindow(node) }
}
