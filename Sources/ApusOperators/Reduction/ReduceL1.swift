// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The sum of absolute values along axes.
package struct ReduceL1: ReductionOperator {
    package static let schema = Schema("ReduceL1", since: 1, inputs: 1...2)

    package let axes: ReductionAxes

    package init(_ node: NodeReader) throws(ComputeError) { axes = try ReductionAxes(node) }

    package func reduce<Element: Number>(
        _ walk: ReductionWalk, _ source: Tensor, into target: inout MutableSpan<Element>
    ) throws(ComputeError) {
        try walk.reduce(AbsoluteReducer<Element>.self, source, into: &target)
    }
}
