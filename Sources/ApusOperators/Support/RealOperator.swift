// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors
import Glibc

/// A floating-point type operators calculate in: `f32` or `f64`.
package protocol RealElement: TensorElement, BinaryFloatingPoint, SIMDScalar, Encodable, Decodable {
    /// The exponential.
    static func exp(_ value: Self) -> Self
    /// The natural logarithm.
    static func log(_ value: Self) -> Self
    /// The hyperbolic tangent.
    static func tanh(_ value: Self) -> Self
    /// The first value to the power of the second.
    static func pow(_ base: Self, _ exponent: Self) -> Self
    /// The cosine.
    static func cos(_ value: Self) -> Self
    /// The sine.
    static func sin(_ value: Self) -> Self
}

extension Float: RealElement {
    package static func exp(_ value: Float) -> Float { Glibc.expf(value) }
    package static func log(_ value: Float) -> Float { Glibc.logf(value) }
    package static func tanh(_ value: Float) -> Float { Glibc.tanhf(value) }
    package static func pow(_ base: Float, _ exponent: Float) -> Float { Glibc.powf(base, exponent) }
    package static func cos(_ value: Float) -> Float { Glibc.cosf(value) }
    package static func sin(_ value: Float) -> Float { Glibc.sinf(value) }
}

extension Double: RealElement {
    package static func exp(_ value: Double) -> Double { Glibc.exp(value) }
    package static func log(_ value: Double) -> Double { Glibc.log(value) }
    package static func tanh(_ value: Double) -> Double { Glibc.tanh(value) }
    package static func pow(_ base: Double, _ exponent: Double) -> Double { Glibc.pow(base, exponent) }
    package static func cos(_ value: Double) -> Double { Glibc.cos(value) }
    package static func sin(_ value: Double) -> Double { Glibc.sin(value) }
}

/// An operator that calculates in the floating-point type of its first input; half types are widened to `f32`.
package protocol RealOperator: Operator {
    /// Whether empty tensors whose other sizes would make loops endless are refused before ``compute(_:_:_:)``.
    static var refusesVastEmptyTensors: Bool { get }

    /// Computes the outputs in the element type of the first input.
    func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError)
}

extension RealOperator {
    package static var widensHalf: Bool { true }
    package static var refusesVastEmptyTensors: Bool { true }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        if Self.refusesVastEmptyTensors { try inputs.checkSizes() }
        switch try inputs.tensor(0).elementType {
        case .float32: try compute(Float.self, inputs, &outputs)
        case .float64: try compute(Double.self, inputs, &outputs)
        case let other: throw .elementType("\(Self.schema.name) does not take \(other.name)")
        }
    }
}

extension Tensor {
    /// The elements of a floating-point tensor, converted.
    package func reals<Element: RealElement>(as type: Element.Type) throws(ComputeError) -> [Element] {
        switch elementType {
        case .float32: return try array(of: Float.self).map { Element($0) }
        case .float64: return try array(of: Double.self).map { Element($0) }
        case .float16: return try array(of: Float16.self).map { Element($0) }
        case .bfloat16: return try array(of: BFloat16.self).map { Element($0.float) }
        default: throw .elementType("expected floating-point numbers, the tensor is \(self)")
        }
    }

    /// The one element of a floating-point tensor.
    package func scalarReal() throws(ComputeError) -> Double {
        guard elementCount == 1 else { throw .shape("expected one number, the tensor is \(self)") }
        return try reals(as: Double.self)[0]
    }

    /// The elements as they are repeated to fill a wider shape.
    package func reals<Element: RealElement>(
        as type: Element.Type, broadcastTo wider: Shape
    ) throws(ComputeError) -> [Element] {
        guard try shape.broadcast(with: wider) == wider else { throw .shape("\(shape) does not fill \(wider)") }
        let values = try reals(as: Element.self)
        if shape == wider { return values }
        let strides = shape.strides(broadcastTo: wider)
        let own = wider.strides
        return (0..<(try wider.checkedElementCount())).map { index in
            var position = 0
            for axis in wider.indices { position &+= index / own[axis] % wider[axis] &* strides[axis] }
            return values[position]
        }
    }
}

/// An operator that reads any floating-point type and says itself which types its outputs have.
package protocol MixedOperator: Operator {
    /// Computes the outputs in `f64` where the first input holds it, else in `f32`.
    func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError)
}

extension MixedOperator {
    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try inputs.checkSizes()
        switch try inputs.tensor(0).elementType {
        case .float32, .float16, .bfloat16: try compute(Float.self, inputs, &outputs)
        case .float64: try compute(Double.self, inputs, &outputs)
        case let other: throw .elementType("\(Self.schema.name) does not take \(other.name)")
        }
    }
}

extension Outputs {
    /// Computes an output in one type and hands it out in another.
    package mutating func write<Element: TensorElement>(
        _ index: Int, of type: Element.Type, _ shape: Shape, as stored: ElementType,
        _ body: (inout MutableSpan<Element>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        var tensor = try makeTensor(index, Element.elementType, shape)
        var elements = try tensor.elements(of: Element.self)
        try body(&elements)
        set(index, try tensor.finish().cast(to: stored))
    }
}
