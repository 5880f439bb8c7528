// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The mean of quantized numbers over some axes.
package struct QLinearReduceMean: Operator {
    package static let schema = Schema("QLinearReduceMean", domain: OperatorDomain.microsoft, inputs: 4...5)

    private let axes: [Int]
    private let keepsAxes: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        axes = try node.integers("axes")
        keepsAxes = try node.flag("keepdims", default: true)
    }

    private func reduced(_ rank: Int) throws(ComputeError) -> Set<Int> {
        guard axes.allSatisfy({ $0 >= -rank && $0 < rank }) else { throw .shape("axes \(axes) for rank \(rank)") }
        return axes.isEmpty ? Set(0..<rank) : Set(axes.map { $0 < 0 ? $0 + rank : $0 })
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard let dimensions else { return [.tensor(elementType, nil)] }
        let reduced = try reduced(dimensions.count)
        let kept = dimensions.indices.compactMap { axis in
            reduced.contains(axis) ? (keepsAxes ? Dimension(1) : nil) : dimensions[axis]
        }
        return [.tensor(elementType, kept)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        let reduced = try reduced(shape.rank)
        guard let range = QuantizedRange(source.elementType) else { throw .elementType("\(source) is not quantized") }
        let scale = try QuantizedScale(inputs, at: 1)
        let target = try QuantizedScale(inputs, at: 3)
        let wide = Shape(shape.indices.map { reduced.contains($0) ? 1 : shape[$0] })
        let places = Broadcasting(wide, to: shape)
        let values = try source.centred([scale.zeroPoint])
        var sums = [Int](repeating: 0, count: wide.elementCount)
        for index in values.indices { sums[places[index]] += Int(values[index]) }
        let count = Float(shape.elementCount / max(wide.elementCount, 1))
        let kept = keepsAxes ? wide : Shape(shape.indices.filter { !reduced.contains($0) }.map { shape[$0] })
        let factor = scale.scale / (target.scale * count)
        try outputs.writeQuantized(0, source.elementType, kept) { index in
            range.quantize(Float(sums[index]) * factor, zeroPoint: target.zeroPoint)
        }
    }
}
