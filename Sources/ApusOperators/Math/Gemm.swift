// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// `alpha * A * B + beta * C`, with either matrix transposed before.
package struct Gemm: Operator {
    package static let schema = Schema("Gemm", since: 1, inputs: 2...3)
    package static let widensHalf = true

    package let alpha: Float
    package let beta: Float
    package let transposesLeft: Bool
    package let transposesRight: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
        beta = try node.float("beta", default: 1)
        transposesLeft = try node.flag("transA")
        transposesRight = try node.flag("transB")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) ?? inputs.elementType(1) else { return [.unknown] }
        guard let left = inputs.dimensions(0), let right = inputs.dimensions(1) else {
            return [.tensor(elementType, [.unknown, .unknown])]
        }
        guard left.count == 2, right.count == 2 else { throw .shape("Gemm takes matrices") }
        return [.tensor(elementType, [left[transposesLeft ? 1 : 0], right[transposesRight ? 0 : 1]])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(1)
        let product = try product(left.shape, right.shape)
        let bias = beta == 0 ? nil : try inputs.optionalTensor(2)
        let shape = Shape(product.rows, product.columns)
        if let bias, try bias.shape.broadcast(with: shape) != shape {
            throw .shape("\(bias) does not broadcast to \(shape)")
        }
        switch left.elementType {
        case .float32:
            var result = try outputs.context.makeTensor(.float32, shape)
            var target = try result.elements(of: Float.self)
            product.run(
                try left.elements(of: Float.self), try right.elements(of: Float.self), scale: alpha, into: &target,
                outputs.context)
            try finish(Float.self, result.finish(), bias, scaled: true, into: &outputs)
        case .float64: try run(Double.self, product, left, right, bias, into: &outputs)
        case .int32: try run(Int32.self, product, left, right, bias, into: &outputs)
        case .int64: try run(Int64.self, product, left, right, bias, into: &outputs)
        case .uint32: try run(UInt32.self, product, left, right, bias, into: &outputs)
        case .uint64: try run(UInt64.self, product, left, right, bias, into: &outputs)
        default: throw .elementType("Gemm takes numbers, the inputs are \(left) and \(right)")
        }
    }

    private func product(_ left: Shape, _ right: Shape) throws(ComputeError) -> BatchedProduct {
        guard left.rank == 2, right.rank == 2 else { throw .shape("Gemm takes matrices, not \(left) and \(right)") }
        let depth = left[transposesLeft ? 0 : 1]
        guard right[transposesRight ? 1 : 0] == depth else { throw .shape("\(left) and \(right) do not multiply") }
        let first = MatrixPlace(rowStride: left[1])
        let second = MatrixPlace(rowStride: right[1])
        return BatchedProduct(
            rows: left[transposesLeft ? 1 : 0], columns: right[transposesRight ? 0 : 1], depth: depth,
            left: transposesLeft ? first.transposed : first, right: transposesRight ? second.transposed : second)
    }

    private func run<Element: Number>(
        _ type: Element.Type, _ product: BatchedProduct, _ left: Tensor, _ right: Tensor, _ bias: Tensor?,
        into outputs: inout Outputs
    ) throws(ComputeError) {
        var result = try outputs.context.makeTensor(Element.elementType, Shape(product.rows, product.columns))
        var target = try result.elements(of: Element.self)
        product.run(try left.elements(of: Element.self), try right.elements(of: Element.self), into: &target)
        try finish(Element.self, result.finish(), bias, scaled: false, into: &outputs)
    }

    private func finish<Element: Number>(
        _ type: Element.Type, _ product: Tensor, _ bias: Tensor?, scaled: Bool, into outputs: inout Outputs
    ) throws(ComputeError) {
        let factor = Double(scaled ? 1 : alpha)
        let weight = Double(beta)
        switch (bias, factor == 1, weight == 1) {
        case (nil, true, _): outputs.set(0, product)
        case (nil, false, _): try outputs.map(0, product, Scaled<Element>(factor: factor))
        case (let bias?, true, true): try outputs.combine(0, product, bias, Biased<Element>())
        case (let bias?, true, false):
            try outputs.combine(0, product, bias, Weighted<Element>(weight: weight))
        case (let bias?, false, _):
            try outputs.combine(0, product, bias, WeightedSum<Element>(factor: factor, weight: weight))
        }
    }
}

private struct Scaled<Element: Number>: ElementFunction {
    let factor: Double

    @inline(__always)
    func callAsFunction(_ x: Element) -> Element { x.applying { $0 * factor } }
}

private struct Biased<Element: Number>: PairFunction {
    @inline(__always)
    func callAsFunction(_ x: Element, _ bias: Element) -> Element { x.plus(bias) }
}

private struct Weighted<Element: Number>: PairFunction {
    let weight: Double

    @inline(__always)
    func callAsFunction(_ x: Element, _ bias: Element) -> Element { x.plus(bias.applying { $0 * weight }) }
}

private struct WeightedSum<Element: Number>: PairFunction {
    let factor: Double
    let weight: Double

    @inline(__always)
    func callAsFunction(_ x: Element, _ bias: Element) -> Element {
        Element(casting: x.casting(to: Double.self) * factor + bias.casting(to: Double.self) * weight)
    }
}
