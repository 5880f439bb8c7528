// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Turns pairs of features of every head by angles that depend on their place.
package struct MicrosoftRotaryEmbedding: Operator {
    package static let schema = Schema("RotaryEmbedding", domain: OperatorDomain.microsoft, inputs: 4...4)
    package static let widensHalf = true

    private let heads: Int
    private let width: Int
    private let isInterleaved: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        heads = try node.integer("num_heads", default: 0)
        width = try node.integer("rotary_embedding_dim", default: 0)
        isInterleaved = try node.flag("interleaved")
        guard heads >= 0, width >= 0, width == 0 || heads > 0 else {
            throw .attribute("\(heads) heads of which \(width) features turn")
        }
        guard try !node.flag("is_packed_batching") else { throw .unsupported("packed batches of unequal lengths") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs[0]?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        let table = try RotaryTable(try inputs.tensor(2), try inputs.tensor(3), isInterleaved: isInterleaved)
        guard shape.rank == 3 || shape.rank == 4 else { throw .shape("RotaryEmbedding does not take \(source)") }
        let hidden = shape.rank == 4 ? shape[1] * shape[3] : shape[2]
        let features = shape.rank == 4 ? shape[3] : heads > 0 ? hidden / heads : table.pairs * 2
        guard features > 0, hidden % features == 0, width == 0 || table.pairs * 2 == width,
            2 * table.pairs <= features
        else { throw .shape("\(table.pairs) pairs do not fit \(source) of \(heads) heads") }
        let count = hidden / features
        let length = shape.rank == 4 ? shape[2] : shape[1]
        let given = try inputs.tensor(1).integers()
        guard given.count == 1 || given.count == shape[0] * length else {
            throw .shape("\(given.count) places for \(shape[0]) × \(length)")
        }
        var values = try source.array(of: Float.self)
        for item in 0..<shape[0] {
            for step in 0..<length {
                let place = given.count == 1 ? given[0] &+ step : given[item * length + step]
                for head in 0..<count {
                    let start =
                        shape.rank == 4
                        ? ((item * count + head) * length + step) * features
                        : (item * length + step) * hidden + head * features
                    try table.turn(&values, at: start, features: features, place: place)
                }
            }
        }
        outputs.set(0, try Tensor(values, shape: shape))
    }
}
