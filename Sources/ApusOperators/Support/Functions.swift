// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// An operator that replaces every element by a function of it, for real numbers.
package protocol RealFunction: Operator {
    /// Whether integers are accepted too; they are computed in `f64`.
    static var acceptsIntegers: Bool { get }
    /// The kernel that computes the function in `f32`, if there is one.
    var kernel: UnaryKernel? { get }
    /// The function.
    func apply<Real: RealNumber>(_ x: Real) -> Real
}

extension RealFunction {
    package static var widensHalf: Bool { true }
    package static var acceptsIntegers: Bool { false }
    package var kernel: UnaryKernel? { nil }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32:
            if let kernel { return try outputs.map(0, source, kernel) }
            try outputs.map(0, source, RealApplied<Self, Float>(operation: self))
        case .float64: try outputs.map(0, source, RealApplied<Self, Double>(operation: self))
        default:
            guard Self.acceptsIntegers, source.elementType.isInteger else {
                throw .elementType("\(Self.schema.name) takes floats, the input is \(source)")
            }
            var result = Outputs(wanted: [true], context: outputs.context)
            try result.map(0, try source.cast(to: .float64), RealApplied<Self, Double>(operation: self))
            guard case .tensor(let wide) = result.values[0] else { return }
            outputs.set(0, try wide.cast(to: source.elementType))
        }
    }
}

/// An operator that replaces every element by a function of it, for all number types.
package protocol NumberFunction: Operator {
    /// The kernel that computes the function in `f32`, if there is one.
    var kernel: UnaryKernel? { get }
    /// The function.
    func apply<Element: Number>(_ x: Element) -> Element
}

extension NumberFunction {
    package static var widensHalf: Bool { true }
    package var kernel: UnaryKernel? { nil }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32:
            if let kernel { return try outputs.map(0, source, kernel) }
            try outputs.map(0, source, NumberApplied<Self, Float>(operation: self))
        case .float64: try outputs.map(0, source, NumberApplied<Self, Double>(operation: self))
        case .int8: try outputs.map(0, source, NumberApplied<Self, Int8>(operation: self))
        case .int16: try outputs.map(0, source, NumberApplied<Self, Int16>(operation: self))
        case .int32: try outputs.map(0, source, NumberApplied<Self, Int32>(operation: self))
        case .int64: try outputs.map(0, source, NumberApplied<Self, Int64>(operation: self))
        case .uint8: try outputs.map(0, source, NumberApplied<Self, UInt8>(operation: self))
        case .uint16: try outputs.map(0, source, NumberApplied<Self, UInt16>(operation: self))
        case .uint32: try outputs.map(0, source, NumberApplied<Self, UInt32>(operation: self))
        case .uint64: try outputs.map(0, source, NumberApplied<Self, UInt64>(operation: self))
        default: throw .elementType("\(Self.schema.name) takes numbers, the input is \(source)")
        }
    }
}

/// An operator that combines two broadcast tensors of one number type into a third.
package protocol NumberCombination: Operator {
    /// How operands of old nodes line up.
    var alignment: LegacyAlignment { get }
    /// The kernel that computes the function in `f32`, if there is one.
    static var kernel: BinaryFunction? { get }
    /// The function.
    func apply<Element: Number>(_ left: Element, _ right: Element) -> Element
    /// The function as far as it can be said of sizes.
    func apply(_ left: Dimension, _ right: Dimension) -> Dimension
    /// Refuses operands for which the function is not defined.
    func check(_ left: Tensor, _ right: Tensor) throws(ComputeError)
}

extension NumberCombination {
    package static var widensHalf: Bool { true }
    package static var kernel: BinaryFunction? { nil }
    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { .unknown }
    package func check(_ left: Tensor, _ right: Tensor) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = try inferCombination(inputs, alignment)
        return [
            InferredValue(
                type,
                elements: ElementwiseInference.elements(inputs[0], inputs[1], type) { apply($0, $1) })
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try alignment.aligned(inputs.tensor(1), to: left.shape)
        guard left.elementType == right.elementType else {
            throw .elementType("\(Self.schema.name) takes equal types, the inputs are \(left) and \(right)")
        }
        try check(left, right)
        switch left.elementType {
        case .float32:
            if let kernel = Self.kernel { return try outputs.combine(0, left, right, kernel) }
            try outputs.combine(0, left, right, NumbersCombined<Self, Float>(operation: self))
        case .float64: try outputs.combine(0, left, right, NumbersCombined<Self, Double>(operation: self))
        case .int8: try outputs.combine(0, left, right, NumbersCombined<Self, Int8>(operation: self))
        case .int16: try outputs.combine(0, left, right, NumbersCombined<Self, Int16>(operation: self))
        case .int32: try outputs.combine(0, left, right, NumbersCombined<Self, Int32>(operation: self))
        case .int64: try outputs.combine(0, left, right, NumbersCombined<Self, Int64>(operation: self))
        case .uint8: try outputs.combine(0, left, right, NumbersCombined<Self, UInt8>(operation: self))
        case .uint16: try outputs.combine(0, left, right, NumbersCombined<Self, UInt16>(operation: self))
        case .uint32: try outputs.combine(0, left, right, NumbersCombined<Self, UInt32>(operation: self))
        case .uint64: try outputs.combine(0, left, right, NumbersCombined<Self, UInt64>(operation: self))
        default: throw .elementType("\(Self.schema.name) takes numbers, the inputs are \(left) and \(right)")
        }
    }
}

extension Operator {
    /// The type of two broadcast operands of one type.
    func inferCombination(
        _ inputs: [InferredValue?], _ alignment: LegacyAlignment, result: ElementType? = nil
    ) throws(ComputeError) -> ValueType {
        guard inputs.count == 2 else { throw .shape("\(Self.schema.name) takes two inputs, not \(inputs.count)") }
        guard let elementType = inputs[0]?.type.elementType ?? inputs[1]?.type.elementType else { return .unknown }
        guard let left = inputs[0]?.type.dimensions, let right = inputs[1]?.type.dimensions else {
            return .tensor(result ?? elementType, nil)
        }
        let dimensions = try ElementwiseInference.broadcast(left, try alignment.aligned(right, to: left))
        return .tensor(result ?? elementType, dimensions)
    }

    /// Refuses integer divisors of zero.
    func checkDivisor(_ right: Tensor) throws(ComputeError) {
        guard right.elementType.isInteger else { return }
        let bytes = right.bytes
        let width = right.elementType.byteWidth
        var index = 0
        while index < bytes.byteCount {
            var isZero = true
            for byte in index..<(index + width) where bytes.unsafeByte(at: byte) != 0 { isZero = false }
            if isZero { throw .value("\(Self.schema.name) divides an integer by zero") }
            index += width
        }
    }
}

extension RawSpan {
    fileprivate func unsafeByte(at offset: Int) -> UInt8 {
        // SAFETY: RawSpan checks the offset, and any bits are a UInt8.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}

/// The function of an operator for one type of real numbers.
struct RealApplied<Operation: RealFunction, Real: RealNumber>: ElementFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ x: Real) -> Real { operation.apply(x) }
}

/// The function of an operator for one type of numbers.
struct NumberApplied<Operation: NumberFunction, Element: Number>: ElementFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ x: Element) -> Element { operation.apply(x) }
}

/// The function of an operator of two numbers for one type.
struct NumbersCombined<Operation: NumberCombination, Element: Number>: PairFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ left: Element, _ right: Element) -> Element { operation.apply(left, right) }
}
