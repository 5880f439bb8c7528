// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Picks features by position along the last axis.
package struct ArrayFeatureExtractor: Operator {
    package static let schema = Schema(
        "ArrayFeatureExtractor", domain: OperatorDomain.machineLearning, inputs: 2...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        guard let dimensions, let picked = inputs[1]?.type.dimensions else { return [.tensor(elementType, nil)] }
        guard !dimensions.isEmpty else { throw .shape("ArrayFeatureExtractor needs at least a vector") }
        let count = picked.reduce(Dimension(1)) { $0 * $1 }
        return [.tensor(elementType, (dimensions.count == 1 ? [1] : Array(dimensions.dropLast())) + [count])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let picked = try inputs.tensor(1).integers()
        guard let columns = source.shape.dimensions.last else {
            throw .shape("ArrayFeatureExtractor needs at least a vector")
        }
        guard picked.allSatisfy({ (0..<columns).contains($0) }) else {
            throw .value("a position is outside the \(columns) features")
        }
        let rows = source.shape.rank == 1 ? [1] : Array(source.shape.dimensions.dropLast())
        var canvas = try Canvas(source.elementType, Shape(rows + [picked.count]), in: outputs.context)
        if canvas.elementCount > 0 {
            let starts = (0..<source.elementCount / columns).flatMap { row in picked.map { row * columns + $0 } }
            try canvas.gather(source, starts: starts, run: 1)
        }
        outputs.set(0, try canvas.finish())
    }
}
