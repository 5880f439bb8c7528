// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension MatMul: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard let left = tape.dimensions(of: node.inputs[0]), let right = tape.dimensions(of: node.inputs[1]),
            let result = tape.dimensions(of: node.outputs[0]), !left.isEmpty, !right.isEmpty
        else { throw .unsupported("the ranks of its inputs are not known") }
        var gradient = try tape.gradient(of: node)
        var operands = node.inputs
        var sizes = [left, right]
        if right.count == 1 {
            gradient = try tape.add("Unsqueeze", [gradient, try tape.integers([-1])])
            operands[1] = try tape.add("Unsqueeze", [operands[1], try tape.integers([1])])
            sizes[1].append(1)
        }
        if left.count == 1 {
            gradient = try tape.add("Unsqueeze", [gradient, try tape.integers([-2])])
            operands[0] = try tape.add("Unsqueeze", [operands[0], try tape.integers([0])])
            sizes[0].insert(1, at: 0)
        }
        let batch = result.dropLast(Swift.min(left.count, 2) + Swift.min(right.count, 2) - 2)
        for index in 0..<2 where tape.wants(node, index) {
            let other = try MatMul.transposed(operands[1 - index], sizes[1 - index].count, &tape)
            let factors = index == 0 ? [gradient, other] : [other, gradient]
            var product = try tape.add("MatMul", factors)
            var shape = batch + sizes[index].suffix(2)
            if index == 1, right.count == 1 {
                product = try tape.add("Squeeze", [product, try tape.integers([-1])])
                shape = shape.dropLast()
            }
            try tape.accumulate(summing: product, of: Array(shape), node, index)
        }
    }

    /// The tensor with its last two dimensions exchanged.
    private static func transposed(
        _ value: String, _ rank: Int, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        var order = (0..<rank).map { Int64($0) }
        order.swapAt(rank - 1, rank - 2)
        return try tape.add("Transpose", [value], ["perm": .integers(order)])
    }
}

extension Gemm: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let reader = NodeReader(node)
        let gradient = try tape.gradient(of: node)
        let left = try reader.flag("transA")
        let right = try reader.flag("transB")
        let alpha = Attribute.float(try reader.float("alpha", default: 1))
        func product(
            _ first: String, _ second: String, _ turnsFirst: Bool, _ turnsSecond: Bool
        ) throws(ComputeError) -> String {
            try tape.add(
                "Gemm", [first, second],
                [
                    "alpha": alpha, "transA": .integer(turnsFirst ? 1 : 0), "transB": .integer(turnsSecond ? 1 : 0),
                ])
        }
        if tape.wants(node, 0) {
            let other = node.inputs[1]
            let part = left ? try product(other, gradient, right, true) : try product(gradient, other, false, !right)
            tape.accumulate(part, node, 0)
        }
        if tape.wants(node, 1) {
            let other = node.inputs[0]
            let part = right ? try product(gradient, other, true, left) : try product(other, gradient, !left, false)
            tape.accumulate(part, node, 1)
        }
        guard tape.wants(node, 2) else { return }
        let beta = Double(try reader.float("beta", default: 1))
        try tape.accumulate(broadcast: try tape.times(beta, gradient), node, 2)
    }
}

extension Softmax: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let share = try tape.times(gradient, node.outputs[0])
        let sum = try tape.lineSums(share, node)
        tape.accumulate(
            try tape.add("Sub", [share, try tape.times(node.outputs[0], sum)]), node, 0)
    }
}

extension LogSoftmax: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let sum = try tape.lineSums(gradient, node)
        let share = try tape.times(try tape.add("Exp", [node.outputs[0]]), sum)
        tape.accumulate(try tape.add("Sub", [gradient, share]), node, 0)
    }
}

extension GradientTape {
    /// The sums over what the node treats as one line, broadcast to the shape of its output.
    mutating func lineSums(_ value: String, _ node: Node) throws(ComputeError) -> String {
        let reader = NodeReader(node)
        guard node.opset < 13 else {
            let axis = Int64(try reader.integer("axis", default: -1))
            return try add("ReduceSum", [value, try integers([axis])], ["keepdims": .integer(1)])
        }
        let axis = Attribute.integer(Int64(try reader.integer("axis", default: 1)))
        let flat = try add("Flatten", [value], ["axis": axis])
        let sum = try add("ReduceSum", [flat, try integers([1])], ["keepdims": .integer(1)])
        let wide = try add("Expand", [sum, try add("Shape", [flat])])
        return try reshaped(wide, like: value)
    }
}
