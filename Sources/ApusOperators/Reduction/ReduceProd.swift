// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The product along axes.
package struct ReduceProd: ReductionOperator {
    package static let schema = Schema("ReduceProd", since: 1, inputs: 1...2)

    package let axes: ReductionAxes

    package init(_ node: NodeReader) throws(ComputeError) { axes = try ReductionAxes(node) }

    package func reduce<Element: Number>(
        _ walk: ReductionWalk, _ source: Tensor, into target: inout MutableSpan<Element>
    ) throws(ComputeError) {
        try walk.reduce(ProductReducer<Element>.self, source, into: &target)
    }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { left * right }
}
