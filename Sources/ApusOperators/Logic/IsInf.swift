// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether each element is infinite, of the signs asked for.
package struct IsInf: Operator {
    package static let schema = Schema("IsInf", since: 10, inputs: 1...1)
    package static let widensHalf = true

    private let findsNegative: Bool
    private let findsPositive: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        findsNegative = try node.flag("detect_negative", default: true)
        findsPositive = try node.flag("detect_positive", default: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.bool, inputs.first.flatMap { $0?.type.dimensions })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32: try outputs.map(0, source, InfinityTest<Float>(negative: findsNegative, positive: findsPositive))
        case .float64:
            try outputs.map(0, source, InfinityTest<Double>(negative: findsNegative, positive: findsPositive))
        default:
            guard source.elementType.isFloat else { throw .elementType("IsInf takes floats, the input is \(source)") }
            try outputs.map(
                0, source.cast(to: .float32), InfinityTest<Float>(negative: findsNegative, positive: findsPositive))
        }
    }
}

private struct InfinityTest<Real: RealNumber>: ElementFunction {
    let negative: Bool
    let positive: Bool

    @inline(__always)
    func callAsFunction(_ x: Real) -> Bool { x == .infinity && positive || x == -.infinity && negative }
}
