// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Picks from two quantized tensors by a condition and quantizes anew.
package struct QLinearWhere: Operator {
    package static let schema = Schema("QLinearWhere", domain: OperatorDomain.microsoft, inputs: 9...9)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard inputs.count == 9, let elementType = inputs[1]?.type.elementType else { return [] }
        let both = try ProductShape.broadcast(inputs[1]?.type.dimensions, inputs[4]?.type.dimensions)
        return [.tensor(elementType, try ProductShape.broadcast(inputs[0]?.type.dimensions, both))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let condition = try inputs.tensor(0)
        let left = try inputs.tensor(1)
        let right = try inputs.tensor(4)
        guard left.elementType == right.elementType else { throw .elementType("\(left) and \(right) differ") }
        let target = try QuantizedScale(inputs, at: 7)
        let leftTable = try QuantizedTable(left.elementType, from: try QuantizedScale(inputs, at: 2), to: target)
        let rightTable = try QuantizedTable(right.elementType, from: try QuantizedScale(inputs, at: 5), to: target)
        let shape = try condition.shape.broadcast(with: try left.shape.broadcast(with: right.shape))
        let places = [condition, left, right].map { Broadcasting($0.shape, to: shape) }
        let flags = try condition.elements(of: Bool.self)
        let leftValues = try left.patterns(of: UInt8.self)
        let rightValues = try right.patterns(of: UInt8.self)
        try outputs.writeQuantized(0, left.elementType, shape) { index in
            flags[places[0][index]]
                ? leftTable[leftValues[places[1][index]]] : rightTable[rightValues[places[2][index]]]
        }
    }
}
