// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A sum of two cosines with low side lobes.
package struct BlackmanWindow: CosineWindowOperator {
    package static let schema = Schema("BlackmanWindow", since: 17, inputs: 1...1)
    package static let factors: [Double] = [0.42, -0.5, 0.08]

    package let window: CosineWindow

    package init(_ node: NodeReader) throws(ComputeError) { window = try CosineWindow(node) }
}
