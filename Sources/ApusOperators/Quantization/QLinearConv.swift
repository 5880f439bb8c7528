// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Convolves quantized images and quantizes the sums, with a scale per filter.
package struct QLinearConv: Operator {
    package static let schema = Schema("QLinearConv", since: 10, inputs: 8...9)

    private let convolution: IntegerConvolution

    package init(_ node: NodeReader) throws(ComputeError) { convolution = try IntegerConvolution(node) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count >= 8, let elementType = inputs[7]?.type.elementType else { return [] }
        return [
            .tensor(elementType, try convolution.infer(inputs[0]?.type.dimensions, inputs[3]?.type.dimensions))
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let target = try inputs.tensor(7)
        guard let range = QuantizedRange(target.elementType), target.elementCount == 1 else {
            throw .elementType("QLinearConv does not quantize to \(target)")
        }
        let (sums, shape) = try convolution.run(
            try inputs.tensor(0), try inputs.tensor(2), try inputs.tensor(3), try inputs.tensor(5))
        let filters = shape[1]
        let inputScale = try inputs.tensor(1).scalarScale()
        let outputScale = try inputs.tensor(6).scalarScale()
        let weightScales = try inputs.tensor(4).scales()
        let bias = try inputs.optionalTensor(8)?.array(of: Int32.self) ?? []
        guard weightScales.count == 1 || weightScales.count == filters, bias.isEmpty || bias.count == filters else {
            throw .shape("\(weightScales.count) scales and \(bias.count) biases for \(filters) filters")
        }
        let factors = weightScales.map { inputScale * $0 / outputScale }
        let zeroPoint = try target.zeroPoints()[0]
        let places = max(shape.dimensions[2...].reduce(1, *), 1)
        try outputs.writeQuantized(0, target.elementType, shape) { index in
            let filter = index / places % filters
            let sum = bias.isEmpty ? sums[index] : sums[index] &+ bias[filter]
            return range.quantize(Float(sum) * factors[factors.count == 1 ? 0 : filter], zeroPoint: zeroPoint)
        }
    }
}
