// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusKernels
package import ApusTensors

/// An operator that folds any number of broadcast tensors of one number type into one.
package protocol VariadicFold: Operator {
    /// The kernel that computes the function of two in `f32`.
    static var kernel: BinaryFunction { get }
    /// The function of two.
    func apply<Element: Number>(_ left: Element, _ right: Element) -> Element
    /// The function of two as far as it can be said of sizes.
    func apply(_ left: Dimension, _ right: Dimension) -> Dimension
    /// What becomes of the result of folding so many.
    func finish<Element: Number>(_ value: Element, count: Int) -> Element
    /// Whether ``finish(_:count:)`` changes anything.
    static var hasFinish: Bool { get }
}

extension VariadicFold {
    package static var widensHalf: Bool { true }
    package static var hasFinish: Bool { false }
    package func finish<Element: Number>(_ value: Element, count: Int) -> Element { value }
    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { .unknown }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let first = inputs.first, let first, let elementType = first.type.elementType else { return [.unknown] }
        if inputs.count == 1 { return [first] }
        let type = ValueType.tensor(elementType, try ElementwiseInference.broadcast(inputs))
        guard inputs.count == 2 else { return [InferredValue(type)] }
        return [
            InferredValue(
                type,
                elements: ElementwiseInference.elements(first, inputs[1], type) { apply($0, $1) })
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let first = try inputs.tensor(0)
        switch first.elementType {
        case .float32: try fold(Float.self, inputs, into: &outputs)
        case .float64: try fold(Double.self, inputs, into: &outputs)
        case .int8: try fold(Int8.self, inputs, into: &outputs)
        case .int16: try fold(Int16.self, inputs, into: &outputs)
        case .int32: try fold(Int32.self, inputs, into: &outputs)
        case .int64: try fold(Int64.self, inputs, into: &outputs)
        case .uint8: try fold(UInt8.self, inputs, into: &outputs)
        case .uint16: try fold(UInt16.self, inputs, into: &outputs)
        case .uint32: try fold(UInt32.self, inputs, into: &outputs)
        case .uint64: try fold(UInt64.self, inputs, into: &outputs)
        default: throw .elementType("\(Self.schema.name) takes numbers, the input is \(first)")
        }
    }

    private func fold<Element: Number>(
        _ type: Element.Type, _ inputs: Inputs, into outputs: inout Outputs
    ) throws(ComputeError) {
        var value = try inputs.tensor(0)
        for index in 1..<Swift.max(1, inputs.count) {
            let isLast = index == inputs.count - 1 && !Self.hasFinish
            let next = try inputs.tensor(index)
            let plan = try BroadcastPlan(value.shape, next.shape)
            var result =
                isLast
                ? try outputs.makeTensor(0, Element.elementType, plan.shape)
                : try outputs.context.makeTensor(Element.elementType, plan.shape)
            if Element.self == Float.self {
                try Elementwise.combine(plan, value, next, into: &result, Self.kernel, outputs.context)
            } else {
                try Elementwise.combine(
                    plan, value, next, into: &result, outputs.context, Folded<Self, Element>(operation: self))
            }
            value = result.finish()
        }
        guard Self.hasFinish else { return outputs.set(0, value) }
        try outputs.map(0, value, FoldFinished<Self, Element>(operation: self, count: inputs.count))
    }
}

/// The function of two of a fold for one type.
private struct Folded<Operation: VariadicFold, Element: Number>: PairFunction {
    let operation: Operation

    @inline(__always)
    func callAsFunction(_ left: Element, _ right: Element) -> Element { operation.apply(left, right) }
}

/// What becomes of the result of a fold for one type.
private struct FoldFinished<Operation: VariadicFold, Element: Number>: ElementFunction {
    let operation: Operation
    let count: Int

    @inline(__always)
    func callAsFunction(_ x: Element) -> Element { operation.finish(x, count: count) }
}
