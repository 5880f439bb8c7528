// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// The Gaussian error linear unit of every element, exact or by the approximation with tanh.
package struct Gelu: RealFunction {
    package static let schema = Schema("Gelu", since: 20, inputs: 1...1)

    package enum Approximation: String, CaseIterable, Sendable {
        case none
        case tanh
    }
    package let approximation: Approximation

    package init(_ node: NodeReader) throws(ComputeError) {
        approximation = try node.choice("approximate", default: Approximation.none)
    }

    package func apply<Real: RealNumber>(_ x: Real) -> Real {
        switch approximation {
        case .none: 0.5 * x * (1 + Real.erf(x * Real(0.5).squareRoot()))
        case .tanh: 0.5 * x * (1 + Real.tanh((2 / Real.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
    }

    package var kernel: UnaryKernel? { UnaryKernel(approximation == .tanh ? .geluTanh : .geluErf) }
}
