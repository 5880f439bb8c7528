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
        case .float32: try outputs.combine(0, left, right) { (x: Float, y: Float) in compare(x, y) }
        case .float64: try outputs.combine(0, left, right) { (x: Double, y: Double) in compare(x, y) }
        case .int8: try outputs.combine(0, left, right) { (x: Int8, y: Int8) in compare(x, y) }
        case .int16: try outputs.combine(0, left, right) { (x: Int16, y: Int16) in compare(x, y) }
        case .int32: try outputs.combine(0, left, right) { (x: Int32, y: Int32) in compare(x, y) }
        case .int64: try outputs.combine(0, left, right) { (x: Int64, y: Int64) in compare(x, y) }
        case .uint8: try outputs.combine(0, left, right) { (x: UInt8, y: UInt8) in compare(x, y) }
        case .uint16: try outputs.combine(0, left, right) { (x: UInt16, y: UInt16) in compare(x, y) }
        case .uint32: try outputs.combine(0, left, right) { (x: UInt32, y: UInt32) in compare(x, y) }
        case .uint64: try outputs.combine(0, left, right) { (x: UInt64, y: UInt64) in compare(x, y) }
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
        try outputs.combine(0, left, right) { (x: Bool, y: Bool) in apply(x, y) }
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
        case .int8: try outputs.combine(0, left, right) { (x: Int8, y: Int8) in apply(x, y) }
        case .int16: try outputs.combine(0, left, right) { (x: Int16, y: Int16) in apply(x, y) }
        case .int32: try outputs.combine(0, left, right) { (x: Int32, y: Int32) in apply(x, y) }
        case .int64: try outputs.combine(0, left, right) { (x: Int64, y: Int64) in apply(x, y) }
        case .uint8: try outputs.combine(0, left, right) { (x: UInt8, y: UInt8) in apply(x, y) }
        case .uint16: try outputs.combine(0, left, right) { (x: UInt16, y: UInt16) in apply(x, y) }
        case .uint32: try outputs.combine(0, left, right) { (x: UInt32, y: UInt32) in apply(x, y) }
        case .uint64: try outputs.combine(0, left, right) { (x: UInt64, y: UInt64) in apply(x, y) }
        default: throw .elementType("\(Self.schema.name) takes integers, the inputs are \(left) and \(right)")
        }
    }
}
