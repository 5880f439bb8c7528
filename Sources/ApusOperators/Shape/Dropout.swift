// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Drops random elements and scales the rest when training; hands its input through otherwise.
package struct Dropout: Operator {
    package static let schema = Schema("Dropout", inputs: 1...3, outputs: 1...2)

    private let seed: Float?
    private let ratio: Float
    private let masksWithBool: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        seed = try node.optionalInteger("seed").map { Float($0) }
        ratio = try node.float("ratio", default: 0.5)
        masksWithBool = node.opset >= 10
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        let sizes = inputs.dimensions(0)
        return [.tensor(elementType, sizes), .tensor(masksWithBool ? .bool : elementType, sizes)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        var trains = false
        if let tensor = try inputs.optionalTensor(2) { trains = try tensor.truth() }
        var ratio = Double(ratio)
        if let tensor = try inputs.optionalTensor(1), trains {
            guard tensor.elementCount == 1 else { throw .shape("the ratio is \(tensor)") }
            ratio = try tensor.doubles()[0]
        }
        guard trains, ratio != 0 else {
            outputs.set(0, source)
            if outputs.isWanted(1) {
                let one = try Tensor.scalar(masksWithBool ? .bool : source.elementType, 1)
                outputs.set(1, try Canvas.filled(with: one, source.shape, in: outputs.context).finish())
            }
            return
        }
        guard ratio > 0, ratio < 1 else { throw .value("a ratio of \(ratio)") }
        var random = MersenneTwister(seed, outputs.context)
        let keeps = (0..<source.elementCount).map { _ in random.uniform() >= ratio }
        let values = try source.doubles()
        var position = 0
        try outputs.writeReals(0, source.elementType, source.shape) {
            position += 1
            return keeps[position - 1] ? values[position - 1] / (1 - ratio) : 0
        }
        if outputs.isWanted(1) { outputs.set(1, try Tensor(keeps, shape: source.shape)) }
    }
}
