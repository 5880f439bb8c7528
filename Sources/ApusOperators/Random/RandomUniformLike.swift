// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A tensor of its input's shape with evenly distributed random elements.
package struct RandomUniformLike: RandomLike {
    package static let schema = Schema("RandomUniformLike", inputs: 1...1)

    package let draw: RandomDraw

    package init(_ node: NodeReader) throws(ComputeError) { draw = try .uniform(node) }
}
