// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// `clip(x + 3, 0, 6) / 6 = HardSigmoid(x)` with a slope of a sixth.
package struct HardSigmoidFusion: Rule {
    package let pattern: Pattern = .either([
        op("Div", HardSwishFusion.ramp, .exactly(6)), op("Mul", HardSwishFusion.ramp, .number(1.0 / 6)),
    ])

    package init() {}

    package func replace(_ match: Match, _ index: GraphIndex, _ edit: inout Edit) throws(Refusal) {
        guard let position = match.nodes["clip"], index.clipBounds(position).map({ $0 == (0, 6) }) == true else {
            throw Refusal("the bounds are not 0 and 6")
        }
        try edit.replaceRoot(
            "HardSigmoid", opset: try edit.opset(since: 6), [match.value("x")],
            attributes: ["alpha": .float(1 / 6), "beta": .float(0.5)])
    }
}
