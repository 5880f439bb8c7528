// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Multiplies quantized matrices and quantizes the product.
package struct QLinearMatMul: Operator {
    package static let schema = Schema("QLinearMatMul", since: 10, inputs: 8...8)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count == 8, let elementType = inputs[7]?.type.elementType else { return [] }
        return [
            .tensor(elementType, try ProductShape.infer(inputs[0]?.type.dimensions, inputs[3]?.type.dimensions))
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try inputs.tensor(3)
        let target = try inputs.tensor(7)
        let shape = try ProductShape(left.shape, right.shape)
        let leftScales = try inputs.tensor(1).scales()
        let rightScales = try inputs.tensor(4).scales()
        let scale = try inputs.tensor(6).scalarScale()
        guard let range = QuantizedRange(target.elementType) else {
            throw .unsupported("QLinearMatMul makes integers only, not \(target.elementType.name)")
        }
        guard leftScales.count == 1 || leftScales.count == shape.rows, target.elementCount == 1,
            rightScales.count == 1 || rightScales.count == shape.columns
        else { throw .shape("\(leftScales.count) and \(rightScales.count) scales do not fit \(shape.output)") }
        let sums = try IntegerProduct.multiply(left, try inputs.tensor(2), right, try inputs.tensor(5), shape)
        let zeroPoint = try target.zeroPoints()[0]
        let (rows, columns) = (max(shape.rows, 1), max(shape.columns, 1))
        try outputs.writeQuantized(0, target.elementType, shape.output) { index in
            let row = leftScales.count == 1 ? 0 : index / columns % rows
            let column = rightScales.count == 1 ? 0 : index % columns
            let factor = leftScales[row] * rightScales[column] / scale
            return range.quantize(Float(sums[index]) * factor, zeroPoint: zeroPoint)
        }
    }
}
