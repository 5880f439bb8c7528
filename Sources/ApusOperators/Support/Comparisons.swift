// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// An operator that compares two broadcast tensors of one number type.
package protocol Comparison: Operator {
    /// How operands of old nodes line up.
    var alignment: LegacyAlignment { get }
    /// The comparison.
    func compare<Element: Number>(_ left: Element, _ right: Element) -> Bool
}

extension Comparison {
    package static var widensHalf: Bool { true }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(try inferCombination(inputs, alignment, result: .bool))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        try evaluateNumbers(left, try alignment.aligned(inputs.tensor(1), to: left.shape), into: &outputs)
    }

    func evaluateNumbers(_ left: Tensor, _ right: Tensor, into outputs: inout Outputs) throws(ComputeError) {
        guard left.elementType == right.elementType else {
            throw .elementType("\(Self.schema.name) takes equal types, the inputs are \(left) and \(right)")
        }
        switch left.elementType {
        case .float32: try outputs.combine(0, left, right, Compared<Self, Float>(operation: self))
        case .float64: try outputs.combine(0, left, right, Compared<Self, Double>(operation: self))
        case .int8: try outputs.combine(0, left, right, Compared<Self, Int8>(operation: self))
        case .int16: try outputs.combine(0, left, right, Compared<Self, Int16>(operation: self))
        case .int32: try outputs.combine(0, left, right, Compared<Self, Int32>(operation: self))
        case .int64: try outputs.combine(0, left, right, Compared<Self, Int64>(operation: self))
        case .uint8: try outputs.combine(0, left, right, Compared<Self, UInt8>(operation: self))
        case .uint16: try outputs.combine(0, left, right, Compared<Self, UInt16>(operation: self))
        case .uint32: try outputs.combine(0, left, right, Compared<Self, UInt32>(operation: self))
        case .uint64: try outputs.combine(0, left, right, Compared<Self, UInt64>(operation: self))
        default: throw .elementType("\(Self.schema.name) takes numbers, the inputs are \(left) and \(right)")
        }
    }
}

/// An operator that combines two broadcast tensors of truth values.
package protocol TruthCombination: Operator {
    /// How operands of old nodes line up.
    var alignment: LegacyAlignment { get }
    /// The function.
    func apply(_ left: Bool, _ right: Bool) -> Bool
}

extension TruthCombination {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(try inferCombination(inputs, alignment, result: .bool))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try alignment.aligned(inputs.tensor(1), to: left.shape)
        try outputs.combine(0, left, right, TruthsCombined(operation: self))
    }
}

/// An operator that combines two broadcast tensors of one integer type into a third.
package protocol WholeCombination: Operator {
    /// The function.
    func apply<Element: WholeNumber>(_ left: Element, _ right: Element) -> Element
}

extension WholeCombination {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count == 2 else { throw .shape("\(Self.schema.name) takes two inputs, not \(inputs.count)") }
        guard let elementType = inputs[0]?.type.elementType else { return [.unknown] }
        return [.tensor(elementType, try ElementwiseInference.broadcast(inputs))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(1)
        switch left.elementType {
        case .int8: try outputs.combine(0, left, right, WholesCombined<Self, Int8>(operation: self))
        case .int16: try outputs.combine(0, left, right, WholesCombined<Self, Int16>(operation: self))
        case .int32: try outputs.combine(0, left, right, WholesCombined<Self, Int32>(operation: self))
        case .int64: try outputs.combine(0, left, right, WholesCombined<Self, Int64>(operation: self))
        case .uint8: try outputs.combine(0, left, right, WholesCombined<Self, UInt8>(operation: self))
        case .uint16: try outputs.combine(0, left, right, WholesCombined<Self, UInt16>(operation: self))
        case .uint32: try outputs.combine(0, left, right, WholesCombined<Self, UInt32>(operation: self))
        case .uint64: try outputs.combine(0, left, right, WholesCombined<Self, UInt64>(operation: self))
        default: throw .elementType("\(Self.schema.name) takes integers, the inputs are \(left) and \(right)")
        }
    }
}

/// The comparison of an operator for one type.
struct Compared<Operation: Comparison, Element: Number>: PairFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ left: Element, _ right: Element) -> Bool { operation.compare(left, right) }
}

/// The function of an operator on truth values.
struct TruthsCombined<Operation: TruthCombination>: PairFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ left: Bool, _ right: Bool) -> Bool { operation.apply(left, right) }
}

/// The function of an operator on integers for one type.
struct WholesCombined<Operation: WholeCombination, Element: WholeNumber>: PairFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ left: Element, _ right: Element) -> Element { operation.apply(left, right) }
}
