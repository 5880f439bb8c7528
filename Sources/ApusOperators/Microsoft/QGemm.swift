// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The product of two quantized matrices plus a third of 32-bit integers, quantized anew or as real numbers.
package struct QGemm: Operator {
    package static let schema = Schema("QGemm", domain: OperatorDomain.microsoft, inputs: 6...9)

    private let alpha: Float
    private let transposes: [Bool]

    package init(_ node: NodeReader) throws(ComputeError) {
        alpha = try node.float("alpha", default: 1)
        transposes = [try node.flag("transA"), try node.flag("transB")]
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let target: ElementType?
        if inputs.count > 7, inputs[7] != nil {
            target = inputs.count > 8 ? inputs[8]?.type.elementType : nil
        } else {
            target = .float32
        }
        guard let target else { return [] }
        guard let left = inputs[0]?.type.dimensions, let right = inputs[3]?.type.dimensions else {
            return [.tensor(target, nil)]
        }
        guard left.count == 2, right.count == 2 else { throw .shape("QGemm needs two matrices") }
        return [.tensor(target, [left[transposes[0] ? 1 : 0], right[transposes[1] ? 0 : 1]])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var left = try inputs.tensor(0)
        var right = try inputs.tensor(3)
        guard left.shape.rank == 2, right.shape.rank == 2 else { throw .shape("QGemm needs two matrices") }
        if transposes[0] { left = try left.permuted([1, 0]) }
        if transposes[1] { right = try right.permuted([1, 0]) }
        let shape = try ProductShape(left.shape, right.shape)
        var sums = try IntegerProduct.multiply(left, try inputs.tensor(2), right, try inputs.tensor(5), shape)
        if let addend = try inputs.optionalTensor(6) {
            guard try addend.shape.broadcast(with: shape.output) == shape.output else {
                throw .shape("\(addend) does not broadcast to \(shape.output)")
            }
            let added = try addend.elements(of: Int32.self)
            let places = Broadcasting(addend.shape, to: shape.output)
            for index in sums.indices { sums[index] &+= added[places[index]] }
        }
        let leftScale = try inputs.tensor(1).scalarScale()
        let scales = try inputs.tensor(4).scales()
        guard scales.count == 1 || scales.count == shape.columns else {
            throw .shape("\(scales.count) scales for \(shape.columns) columns")
        }
        var factors = scales.map { alpha * leftScale * $0 }
        if factors.count == 1 { factors = [Float](repeating: factors[0], count: shape.columns) }
        guard inputs.isPresent(7) else {
            return try outputs.write(0, of: Float.self, shape.output) { (target) throws(ComputeError) in
                for index in target.indices { target[index] = Float(sums[index]) * factors[index % shape.columns] }
            }
        }
        let target = try QuantizedScale(inputs, at: 7)
        let elementType = try inputs.tensor(8).elementType
        guard let range = QuantizedRange(elementType) else {
            throw .elementType("QGemm cannot make \(elementType.name)")
        }
        for index in factors.indices { factors[index] /= target.scale }
        try outputs.writeQuantized(0, elementType, shape.output) { index in
            range.quantize(Float(sums[index]) * factors[index % shape.columns], zeroPoint: target.zeroPoint)
        }
    }
}
