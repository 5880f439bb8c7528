// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor of a given shape with evenly distributed random elements.
package struct RandomUniform: RandomFill {
    package static let schema = Schema("RandomUniform", inputs: 0...0)

    package let draw: RandomDraw
    package let shape: Shape

    package init(_ node: NodeReader) throws(ComputeError) {
        draw = try .uniform(node)
        shape = try Self.shape(node)
    }
}
