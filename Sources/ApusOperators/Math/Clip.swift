// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Every element limited to an interval; its ends are attributes before operator set 11 and inputs since.
package struct Clip: Operator {
    package static let schema = Schema("Clip", since: 1, inputs: 1...3)
    package static let widensHalf = true

    private let least: Float?
    private let most: Float?

    package init(_ node: NodeReader) throws(ComputeError) {
        least = node.opset < 11 ? try node.optionalFloat("min") : nil
        most = node.opset < 11 ? try node.optionalFloat("max") : nil
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32: try clip(Float.self, source, inputs, into: &outputs)
        case .float64: try clip(Double.self, source, inputs, into: &outputs)
        case .int8: try clip(Int8.self, source, inputs, into: &outputs)
        case .int16: try clip(Int16.self, source, inputs, into: &outputs)
        case .int32: try clip(Int32.self, source, inputs, into: &outputs)
        case .int64: try clip(Int64.self, source, inputs, into: &outputs)
        case .uint8: try clip(UInt8.self, source, inputs, into: &outputs)
        case .uint16: try clip(UInt16.self, source, inputs, into: &outputs)
        case .uint32: try clip(UInt32.self, source, inputs, into: &outputs)
        case .uint64: try clip(UInt64.self, source, inputs, into: &outputs)
        default: throw .elementType("Clip takes numbers, the input is \(source)")
        }
    }

    private func clip<Element: Number>(
        _ type: Element.Type, _ source: Tensor, _ inputs: Inputs, into outputs: inout Outputs
    ) throws(ComputeError) {
        let low = try bound(Element.self, inputs, 1) ?? least.map { Element(casting: $0) } ?? Element.lowest
        let high = try bound(Element.self, inputs, 2) ?? most.map { Element(casting: $0) } ?? Element.highest
        if let low = low as? Float, let high = high as? Float {
            return try outputs.map(0, source, UnaryKernel(.clip, alpha: low > high ? high : low, beta: high))
        }
        try outputs.map(0, source, Clipping(low: low, high: high))
    }

    private func bound<Element: Number>(
        _ type: Element.Type, _ inputs: Inputs, _ index: Int
    ) throws(ComputeError) -> Element? {
        guard let tensor = try inputs.optionalTensor(index) else { return nil }
        guard tensor.elementCount == 1 else { throw .shape("a bound of Clip is one number, not \(tensor)") }
        return try tensor.elements(of: Element.self)[0]
    }
}

private struct Clipping<Element: Number>: ElementFunction {
    let low: Element
    let high: Element

    @inline(__always)
    func callAsFunction(_ x: Element) -> Element { x.larger(low).smaller(high) }
}
