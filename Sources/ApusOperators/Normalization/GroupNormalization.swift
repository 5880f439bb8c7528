// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Normalizes groups of channels of every item; scales belong to groups before opset 21 and to channels since.
package struct GroupNormalization: ChannelNormOperator {
    package static let schema = Schema("GroupNormalization", since: 18, inputs: 3...3)

    package let epsilon: Float
    private let groups: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        epsilon = try node.float("epsilon", default: 1e-5)
        groups = try node.integer("num_groups")
        guard groups > 0 else { throw .attribute("attribute 'num_groups' is \(groups)") }
    }

    package func groupCount(channels: Int) -> Int { groups }
}
