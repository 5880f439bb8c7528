// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension GradientTape {
    /// The gradient and the result of a reduction with the reduced dimensions kept as 1.
    mutating func kept(_ node: Node) throws(ComputeError) -> (gradient: String, result: String) {
        let gradient = try self.gradient(of: node)
        guard try !NodeReader(node).flag("keepdims", default: true) else { return (gradient, node.outputs[0]) }
        var keeping = node
        keeping.setAttribute("keepdims", .integer(1))
        let result = try repeating(keeping, inputs: node.inputs)[0]
        return (try reshaped(gradient, like: result), result)
    }

    /// A value that broadcasts to an input, in the input's shape.
    mutating func accumulate(expanding value: String, _ node: Node) throws(ComputeError) {
        guard wants(node, 0) else { return }
        accumulate(try add("Expand", [value, try add("Shape", [node.inputs[0]])]), node, 0)
    }
}

extension ReduceSum: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        try tape.accumulate(expanding: try tape.kept(node).gradient, node)
    }
}

extension ReduceMean: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.kept(node).gradient
        let most = try tape.add("CastLike", [try tape.add("Size", [node.inputs[0]]), gradient])
        let least = try tape.add("CastLike", [try tape.add("Size", [gradient]), gradient])
        let share = try tape.times(gradient, try tape.add("Div", [least, most]))
        try tape.accumulate(expanding: share, node)
    }
}

extension ReduceSumSquare: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.times(2, try tape.kept(node).gradient)
        tape.accumulate(try tape.times(gradient, node.inputs[0]), node, 0)
    }
}

extension ReduceL1: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let sign = try tape.add("Sign", [node.inputs[0]])
        tape.accumulate(try tape.times(try tape.kept(node).gradient, sign), node, 0)
    }
}

extension ReduceL2: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let (gradient, result) = try tape.kept(node)
        tape.accumulate(try tape.times(gradient, try tape.add("Div", [node.inputs[0], result])), node, 0)
    }
}

extension ReduceLogSum: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let (gradient, result) = try tape.kept(node)
        let share = try tape.add("Div", [gradient, try tape.add("Exp", [result])])
        try tape.accumulate(expanding: share, node)
    }
}

extension ReduceLogSumExp: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let (gradient, result) = try tape.kept(node)
        let share = try tape.add("Exp", [try tape.add("Sub", [node.inputs[0], result])])
        tape.accumulate(try tape.times(gradient, share), node, 0)
    }
}

/// A reduction that picks one element; where several are the same, they share the gradient.
package protocol ReducePickDifferentiable: Differentiable {}

extension ReducePickDifferentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let (gradient, result) = try tape.kept(node)
        let source = node.inputs[0]
        let picks = try tape.mask(try tape.add("Equal", [source, result]), like: source)
        var counting = Node(
            "ReduceSum", opset: node.opset, inputs: [picks] + node.inputs.dropFirst(), outputs: ["count"],
            attributes: node.attributes)
        if node.opset < 18, let axes = try NodeReader(node).optionalIntegers("axes") {
            counting.opset = 18
            counting.setAttribute("axes", nil)
            counting.inputs.append(try tape.integers(axes.map { Int64($0) }))
        }
        counting.setAttribute("keepdims", .integer(1))
        let count = try tape.repeating(counting, inputs: counting.inputs)[0]
        tape.accumulate(try tape.times(picks, try tape.add("Div", [gradient, count])), node, 0)
    }
}

extension ReduceMax: ReducePickDifferentiable {}
extension ReduceMin: ReducePickDifferentiable {}
