// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Normalizes every channel of every item by itself.
package struct InstanceNormalization: ChannelNormOperator {
    package static let schema = Schema("InstanceNormalization", inputs: 3...3)

    package let epsilon: Float

    package init(_ node: NodeReader) throws(ComputeError) { epsilon = try node.float("epsilon", default: 1e-5) }

    package func groupCount(channels: Int) -> Int { channels }
}
