// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds up the embeddings of words, positions and segments and normalises every row.
package struct EmbedLayerNormalization: Operator {
    package static let schema = Schema(
        "EmbedLayerNormalization", domain: OperatorDomain.microsoft, inputs: 7...9, outputs: 1...3)
    package static let widensHalf = true

    private let epsilon: Float

    package init(_ node: NodeReader) throws(ComputeError) { epsilon = try node.float("epsilon", default: 1e-12) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs[2]?.type.elementType, let rows = inputs[0]?.type.dimensions,
            let words = inputs[2]?.type.dimensions, rows.count == 2, words.count == 2
        else { return [] }
        let sum = InferredValue.tensor(elementType, rows + [words[1]])
        return [sum, .tensor(.int32, [rows[0]]), sum]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let shape = try inputs.tensor(0).shape
        let table = try inputs.tensor(2)
        guard shape.rank == 2, table.shape.rank == 2 else {
            throw .shape("words \(shape) and embeddings \(table) are not matrices")
        }
        let width = table.shape[1]
        let words = try inputs.tensor(0).integers()
        var values = [Float](repeating: 0, count: try Shape([words.count, width]).checkedElementCount())
        try add(words, table, width, &values)
        var positions = (0..<words.count).map { $0 % max(shape[1], 1) }
        if let given = try inputs.optionalTensor(8) {
            let list = try given.integers()
            guard list.count == words.count || list.count == shape[1], !list.isEmpty || words.isEmpty else {
                throw .shape("\(list.count) positions for \(words.count) words")
            }
            positions = (0..<words.count).map { list[$0 % list.count] }
        }
        try add(positions, try inputs.tensor(3), width, &values)
        if let segments = try inputs.optionalTensor(1), let embeddings = try inputs.optionalTensor(4) {
            let list = try segments.integers()
            guard list.count == words.count else { throw .shape("\(list.count) segments for \(words.count) words") }
            try add(list, embeddings, width, &values)
        }
        let result = Shape([shape[0], shape[1], width])
        if outputs.isWanted(2) { outputs.set(2, try Tensor(values, shape: result)) }
        let normalization = try RowNormalization(
            width: width, epsilon: epsilon, subtractsMean: true, gamma: try inputs.tensor(5),
            beta: try inputs.tensor(6))
        _ = normalization.apply(&values)
        outputs.set(0, try Tensor(values, shape: result))
        if outputs.isWanted(1) { outputs.set(1, try lengths(try inputs.optionalTensor(7), shape)) }
    }

    private func add(
        _ rows: [Int], _ table: Tensor, _ width: Int, _ values: inout [Float]
    ) throws(ComputeError) {
        guard table.shape.rank == 2, table.shape[1] == width else {
            throw .shape("embeddings \(table) are not of width \(width)")
        }
        let source = try table.elements(of: Float.self)
        for (index, row) in rows.enumerated() {
            guard row >= 0, row < table.shape[0] else { throw .value("\(row) is outside the embeddings \(table)") }
            for column in 0..<width { values[index * width + column] += source[row * width + column] }
        }
    }

    /// The number of words the mask keeps in each sequence.
    private func lengths(_ mask: Tensor?, _ shape: Shape) throws(ComputeError) -> Tensor {
        guard let mask else { return try Tensor([Int32](repeating: 0, count: shape[0]), shape: [shape[0]]) }
        let kept = try mask.integers()
        guard kept.count == shape.elementCount else { throw .shape("the mask \(mask) does not fit \(shape)") }
        let counts = (0..<shape[0]).map { row in
            kept[(row * shape[1])..<((row + 1) * shape[1])].count { $0 == 1 }
        }
        return try Tensor(counts.map { Int32(truncatingIfNeeded: $0) }, shape: [shape[0]])
    }
}
