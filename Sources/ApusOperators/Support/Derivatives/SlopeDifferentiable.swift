// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// An operator of one tensor, element by element, whose slope can be written with other operators.
package protocol SlopeDifferentiable: Differentiable {
    /// Adds the nodes of the slope at an input, given the output there.
    func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String
}

extension SlopeDifferentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let slope = try slope(node, node.inputs[0], node.outputs[0], &tape)
        tape.accumulate(try tape.add("Mul", [gradient, slope]), node, 0)
    }
}

extension GradientTape {
    package mutating func times(_ left: String, _ right: String) throws(ComputeError) -> String {
        try add("Mul", [left, right])
    }
    package mutating func times(_ left: Double, _ right: String) throws(ComputeError) -> String {
        try add("Mul", [try number(left, like: right), right])
    }
    package mutating func plus(_ left: Double, _ right: String) throws(ComputeError) -> String {
        try add("Add", [try number(left, like: right), right])
    }
    /// 1 less a value.
    package mutating func complement(_ value: String) throws(ComputeError) -> String {
        try add("Sub", [try number(1, like: value), value])
    }
    package mutating func reciprocal(_ value: String) throws(ComputeError) -> String { try add("Reciprocal", [value]) }

    /// 1 where the truth value holds and 0 elsewhere, in another value's element type.
    package mutating func mask(_ truth: String, like other: String) throws(ComputeError) -> String {
        try add("CastLike", [truth, other])
    }
    /// 1 where a value is greater than a number and 0 elsewhere.
    package mutating func step(_ value: String, above limit: Double = 0) throws(ComputeError) -> String {
        try mask(try add("Greater", [value, try number(limit, like: value)]), like: value)
    }
    /// One number where the value is positive, something else where it is not.
    package mutating func select(
        _ value: String, positive: Double, negative: String
    ) throws(ComputeError) -> String {
        let isPositive = try add("Greater", [value, try number(0, like: value)])
        return try add("Where", [isPositive, try number(positive, like: value), negative])
    }
}
