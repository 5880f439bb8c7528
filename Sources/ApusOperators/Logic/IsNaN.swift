// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether each element is NaN.
package struct IsNaN: Operator {
    package static let schema = Schema("IsNaN", since: 9, inputs: 1...1)
    package static let widensHalf = true

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.bool, inputs.first.flatMap { $0?.type.dimensions })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32: try outputs.map(0, source, NaNTest<Float>())
        case .float64: try outputs.map(0, source, NaNTest<Double>())
        default:
            guard source.elementType.isFloat else { throw .elementType("IsNaN takes floats, the input is \(source)") }
            try outputs.map(0, source.cast(to: .float32), NaNTest<Float>())
        }
    }
}

private struct NaNTest<Real: RealNumber>: ElementFunction {
    @inline(__always)
    func callAsFunction(_ x: Real) -> Bool { x.isNaN }
}
