// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// The first tensor raised to the power of the second, element by element, in the first one's type.
package struct Pow: Operator {
    package static let schema = Schema("Pow", since: 1, inputs: 2...2)

    private let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let type = inputs.first.flatMap({ $0?.type.elementType }) else { return [.unknown] }
        return [InferredValue(try inferCombination(inputs, alignment, result: type))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let base = try inputs.tensor(0)
        let exponent = try alignment.aligned(inputs.tensor(1), to: base.shape)
        guard exponent.elementType.isFloat || exponent.elementType.isInteger else {
            throw .elementType("Pow takes numbers, the exponent is \(exponent)")
        }
        switch base.elementType {
        case .float32: try power(Float.self, base, exponent.cast(to: .float32), into: &outputs)
        case .float64: try power(Double.self, base, exponent.cast(to: .float64), into: &outputs)
        case .float16, .bfloat16:
            var wide = Outputs(wanted: [true], context: outputs.context)
            try power(Float.self, base.widened(), exponent.cast(to: .float32), into: &wide)
            guard case .tensor(let result) = wide.values[0] else { return }
            outputs.set(0, try result.cast(to: base.elementType))
        case .int32, .int64, .int8, .int16, .uint8, .uint16, .uint32, .uint64:
            try evaluateIntegers(base, exponent, into: &outputs)
        default: throw .elementType("Pow takes numbers, the base is \(base)")
        }
    }

    private func power<Real: RealNumber>(
        _ type: Real.Type, _ base: Tensor, _ exponent: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        if exponent.elementCount == 1, exponent.shape.rank <= base.shape.rank {
            let value = try exponent.elements(of: Real.self)[0]
            if value == 2 { return try outputs.map(0, base, Squared<Real>()) }
            return try outputs.map(0, base, RaisedBy(exponent: value))
        }
        if Real.self == Float.self { return try outputs.combine(0, base, exponent, .power) }
        try outputs.combine(0, base, exponent, RaisedTo<Real>())
    }

    private func evaluateIntegers(
        _ base: Tensor, _ exponent: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        let isWhole = exponent.elementType.isInteger
        var wide = Outputs(wanted: [true], context: outputs.context)
        if isWhole {
            try wide.combine(0, base.cast(to: .int64), exponent.cast(to: .int64), WholeRaisedTo())
        } else {
            try wide.combine(0, base.cast(to: .float64), exponent.cast(to: .float64), RaisedTo<Double>())
        }
        guard case .tensor(let result) = wide.values[0] else { return }
        outputs.set(0, try result.cast(to: base.elementType))
    }

    /// The wrapped power; a negative exponent gives the reciprocal rounded towards zero, 0 for a base of 0.
    fileprivate static func power(_ base: Int64, _ exponent: Int64) -> Int64 {
        if exponent < 0 {
            guard base == 1 || base == -1 else { return 0 }
            return exponent & 1 == 0 ? 1 : base
        }
        var result: Int64 = 1
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result &*= square }
            square &*= square
            rest >>= 1
        }
        return result
    }
}

private struct Squared<Real: RealNumber>: ElementFunction {
    @inline(__always)
    func callAsFunction(_ x: Real) -> Real { x * x }
}

private struct RaisedBy<Real: RealNumber>: ElementFunction {
    let exponent: Real

    @inline(__always)
    func callAsFunction(_ x: Real) -> Real { Real.pow(x, exponent) }
}

private struct RaisedTo<Real: RealNumber>: PairFunction {
    @inline(__always)
    func callAsFunction(_ base: Real, _ exponent: Real) -> Real { Real.pow(base, exponent) }
}

private struct WholeRaisedTo: PairFunction {
    func callAsFunction(_ base: Int64, _ exponent: Int64) -> Int64 { Pow.power(base, exponent) }
}
