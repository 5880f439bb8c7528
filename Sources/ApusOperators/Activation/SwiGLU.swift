// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The second tensor gated by the Swish of the first.
package struct SwiGLU: Operator {
    package static let schema = Schema("SwiGLU", since: 28, inputs: 2...2)
    package static let widensHalf = true

    private let alpha: Float

    package init(_ node: NodeReader) throws(ComputeError) { alpha = try node.float("alpha", default: 1) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let gate = try inputs.tensor(0)
        let value = try inputs.tensor(1)
        guard gate.shape == value.shape else { throw .shape("SwiGLU takes equal shapes, not \(gate) and \(value)") }
        switch gate.elementType {
        case .float32: try apply(Float.self, gate, value, into: &outputs)
        case .float64: try apply(Double.self, gate, value, into: &outputs)
        default: throw .elementType("SwiGLU takes floats, the gate is \(gate)")
        }
    }

    private func apply<Real: RealNumber>(
        _ type: Real.Type, _ gate: Tensor, _ value: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        try outputs.combine(0, gate, value, Gated(scale: -Real(alpha)))
    }
}

private struct Gated<Real: RealNumber>: PairFunction {
    let scale: Real

    @inline(__always)
    func callAsFunction(_ gate: Real, _ value: Real) -> Real { gate / (1 + Real.exp(scale * gate)) * value }
}
