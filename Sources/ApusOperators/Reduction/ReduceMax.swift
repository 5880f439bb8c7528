// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The largest element along axes; true counts as more than false.
package struct ReduceMax: ReductionOperator {
    package static let schema = Schema("ReduceMax", since: 1, inputs: 1...2)

    package let axes: ReductionAxes

    package init(_ node: NodeReader) throws(ComputeError) { axes = try ReductionAxes(node) }

    package func reduce<Element: Number>(
        _ walk: ReductionWalk, _ source: Tensor, into target: inout MutableSpan<Element>
    ) throws(ComputeError) {
        try walk.reduce(LargestReducer<Element>.self, source, into: &target)
    }

    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension {
        if left == right { return left }
        guard let first = left.value, let second = right.value else { return .unknown }
        return Dimension(max(first, second))
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        if try inputs.tensor(0).elementType == .bool { return try evaluateTruths(inputs, into: &outputs) }
        try evaluateNumbers(inputs, into: &outputs)
    }
}
