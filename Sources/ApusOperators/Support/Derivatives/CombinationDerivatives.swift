// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension GradientTape {
    /// Adds a value of the output's shape to an input's gradient; sizes that align as they once did are refused.
    mutating func accumulate(broadcast gradient: String, _ node: Node, _ index: Int) throws(ComputeError) {
        if node.opset < 7, node.attributes["broadcast"] != nil {
            throw .unsupported("attribute 'broadcast' is from before operator set 7")
        }
        try accumulate(summing: gradient, of: dimensions(of: node.outputs[0]), node, index)
    }
}

extension Add: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        try tape.accumulate(broadcast: gradient, node, 0)
        try tape.accumulate(broadcast: gradient, node, 1)
    }
}

extension Sub: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        try tape.accumulate(broadcast: gradient, node, 0)
        if tape.wants(node, 1) { try tape.accumulate(broadcast: try tape.add("Neg", [gradient]), node, 1) }
    }
}

extension Mul: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        for index in 0..<2 where tape.wants(node, index) {
            try tape.accumulate(broadcast: try tape.times(gradient, node.inputs[1 - index]), node, index)
        }
    }
}

extension Div: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let share = try tape.add("Div", [try tape.gradient(of: node), node.inputs[1]])
        try tape.accumulate(broadcast: share, node, 0)
        guard tape.wants(node, 1) else { return }
        let change = try tape.times(-1, try tape.times(share, node.outputs[0]))
        try tape.accumulate(broadcast: change, node, 1)
    }
}

extension Pow: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let (base, exponent) = (node.inputs[0], node.inputs[1])
        if tape.wants(node, 0) {
            let factor = try tape.add("CastLike", [exponent, base])
            let lower = try tape.add("Pow", [base, try tape.plus(-1, factor)])
            try tape.accumulate(broadcast: try tape.times(gradient, try tape.times(factor, lower)), node, 0)
        }
        guard tape.wants(node, 1) else { return }
        let isPositive = try tape.add("Greater", [base, try tape.number(0, like: base)])
        let safe = try tape.add("Where", [isPositive, base, try tape.number(1, like: base)])
        let rise = try tape.times(node.outputs[0], try tape.add("Log", [safe]))
        let change = try tape.add("CastLike", [try tape.times(gradient, rise), exponent])
        try tape.accumulate(broadcast: change, node, 1)
    }
}

extension Sum: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        for index in node.inputs.indices { try tape.accumulate(broadcast: gradient, node, index) }
    }
}

extension Mean: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.times(1 / Double(node.inputs.count), try tape.gradient(of: node))
        for index in node.inputs.indices { try tape.accumulate(broadcast: gradient, node, index) }
    }
}

/// An operator that picks one of its inputs for each element; where several are the same, they share the gradient.
package protocol PickDifferentiable: Differentiable {}

extension PickDifferentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let output = node.outputs[0]
        var picks: [String] = []
        for input in node.inputs {
            picks.append(try tape.mask(try tape.add("Equal", [input, output]), like: output))
        }
        let count = try tape.add("Sum", picks)
        let share = try tape.add("Div", [try tape.gradient(of: node), count])
        for (index, pick) in picks.enumerated() where tape.wants(node, index) {
            try tape.accumulate(broadcast: try tape.times(share, pick), node, index)
        }
    }
}

extension Max: PickDifferentiable {}
extension Min: PickDifferentiable {}

extension Where: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let zero = try tape.number(0, like: gradient)
        for index in 1...2 where tape.wants(node, index) {
            let choices = index == 1 ? [gradient, zero] : [zero, gradient]
            try tape.accumulate(broadcast: try tape.add("Where", [node.inputs[0]] + choices), node, index)
        }
    }
}

extension PRelu: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let isPositive = try tape.add("Greater", [node.inputs[0], try tape.number(0, like: node.inputs[0])])
        if tape.wants(node, 0) {
            let one = try tape.number(1, like: gradient)
            let slope = try tape.add("Where", [isPositive, one, node.inputs[1]])
            tape.accumulate(try tape.times(gradient, slope), node, 0)
        }
        guard tape.wants(node, 1) else { return }
        let below = try tape.add("Where", [isPositive, try tape.number(0, like: gradient), node.inputs[0]])
        try tape.accumulate(broadcast: try tape.times(gradient, below), node, 1)
    }
}
