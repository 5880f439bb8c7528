// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension LeakyRelu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let alpha = Double(try NodeReader(node).float("alpha", default: 0.01))
        return try tape.select(x, positive: 1, negative: try tape.number(alpha, like: x))
    }
}

extension Elu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let alpha = Double(try NodeReader(node).float("alpha", default: 1))
        return try tape.select(x, positive: 1, negative: try tape.plus(alpha, y))
    }
}

extension Celu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let alpha = Double(try NodeReader(node).float("alpha", default: 1))
        return try tape.select(x, positive: 1, negative: try tape.plus(1, try tape.times(1 / alpha, y)))
    }
}

extension Selu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let alpha = Double(try NodeReader(node).float("alpha", default: 1.67326319217681884765625))
        let gamma = Double(try NodeReader(node).float("gamma", default: 1.05070102214813232421875))
        return try tape.select(x, positive: gamma, negative: try tape.plus(alpha * gamma, y))
    }
}

extension ThresholdedRelu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.step(x, above: Double(try NodeReader(node).float("alpha", default: 1)))
    }
}

extension HardSigmoid: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let alpha = Double(try NodeReader(node).float("alpha", default: 0.2))
        let isBelow = try tape.step(try tape.complement(y))
        return try tape.times(alpha, try tape.times(try tape.step(y), isBelow))
    }
}

extension HardSwish: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let inner = try tape.plus(0.5, try tape.times(1.0 / 3, x))
        let isInside = try tape.times(
            try tape.step(x, above: -3), try tape.step(try tape.times(-1, x), above: -3))
        return try tape.add("Add", [try tape.times(isInside, inner), try tape.step(x, above: 3)])
    }
}

extension Softsign: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let size = try tape.plus(1, try tape.add("Abs", [x]))
        return try tape.reciprocal(try tape.times(size, size))
    }
}

extension Swish: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let alpha = Double(try NodeReader(node).float("alpha", default: 1))
        let gate = try tape.add("Sigmoid", [try tape.times(alpha, x)])
        return try tape.add("Add", [gate, try tape.times(alpha, try tape.times(y, try tape.complement(gate)))])
    }
}

extension Mish: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let bent = try tape.add("Tanh", [try tape.add("Softplus", [x])])
        let rise = try tape.times(try tape.complement(try tape.times(bent, bent)), try tape.add("Sigmoid", [x]))
        return try tape.add("Add", [bent, try tape.times(x, rise)])
    }
}

extension Gelu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        let square = try tape.times(x, x)
        guard approximation == .tanh else {
            let share = try tape.plus(1, try tape.add("Erf", [try tape.times(0.7071067811865476, x)]))
            let density = try tape.times(0.3989422804014327, try tape.add("Exp", [try tape.times(-0.5, square)]))
            return try tape.add("Add", [try tape.times(0.5, share), try tape.times(x, density)])
        }
        let scale = 0.7978845608028654
        let inner = try tape.times(scale, try tape.times(x, try tape.plus(1, try tape.times(0.044715, square))))
        let bent = try tape.add("Tanh", [inner])
        let rise = try tape.times(scale, try tape.plus(1, try tape.times(0.134145, square)))
        let change = try tape.times(try tape.complement(try tape.times(bent, bent)), rise)
        return try tape.times(0.5, try tape.add("Add", [try tape.plus(1, bent), try tape.times(x, change)]))
    }
}
