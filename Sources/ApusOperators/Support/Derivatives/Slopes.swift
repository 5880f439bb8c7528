// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Neg: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.number(-1, like: x)
    }
}

extension Abs: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.add("Sign", [x])
    }
}

extension Exp: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        y
    }
}

extension Log: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(x)
    }
}

extension Sqrt: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(try tape.times(2, y))
    }
}

extension Reciprocal: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.times(-1, try tape.times(y, y))
    }
}

extension Sin: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.add("Cos", [x])
    }
}

extension Cos: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.times(-1, try tape.add("Sin", [x]))
    }
}

extension Tan: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.plus(1, try tape.times(y, y))
    }
}

extension Sinh: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.add("Cosh", [x])
    }
}

extension Cosh: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.add("Sinh", [x])
    }
}

extension Tanh: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.complement(try tape.times(y, y))
    }
}

extension Asin: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(try tape.add("Sqrt", [try tape.complement(try tape.times(x, x))]))
    }
}

extension Acos: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.times(-1, try tape.reciprocal(try tape.add("Sqrt", [try tape.complement(try tape.times(x, x))])))
    }
}

extension Atan: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(try tape.plus(1, try tape.times(x, x)))
    }
}

extension Asinh: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(try tape.add("Sqrt", [try tape.plus(1, try tape.times(x, x))]))
    }
}

extension Acosh: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(try tape.add("Sqrt", [try tape.plus(-1, try tape.times(x, x))]))
    }
}

extension Atanh: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.reciprocal(try tape.complement(try tape.times(x, x)))
    }
}

extension Erf: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.times(1.1283791670955126, try tape.add("Exp", [try tape.times(-1, try tape.times(x, x))]))
    }
}

extension Relu: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.step(x)
    }
}

extension Sigmoid: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.times(y, try tape.complement(y))
    }
}

extension Softplus: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.add("Sigmoid", [x])
    }
}

extension Clip: SlopeDifferentiable {
    package func slope(
        _ node: Node, _ x: String, _ y: String, _ tape: inout GradientTape
    ) throws(ComputeError) -> String {
        try tape.mask(try tape.add("Equal", [x, y]), like: x)
    }
}
