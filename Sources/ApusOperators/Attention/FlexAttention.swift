// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Attention whose scores and probabilities pass through subgraphs of the node.
package struct FlexAttention: MixedOperator {
    package static let schema = Schema("FlexAttention", domain: "ai.onnx.preview", inputs: 3...3)

    private let scale: Float?
    private let precision: ElementType?
    private let changesScores: Bool
    private let changesProbabilities: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        scale = try node.optionalFloat("scale")
        precision = try node.optionalElementType("softmax_precision")
        if let precision, ![.float32, .float64, .float16, .bfloat16].contains(precision) {
            throw .attribute("attribute 'softmax_precision' is \(precision.name)")
        }
        changesScores = node.has("score_mod")
        changesProbabilities = node.has("prob_mod")
        if changesScores { _ = try node.graph("score_mod") }
        if changesProbabilities { _ = try node.graph("prob_mod") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let query = inputs.dimensions(0), let value = inputs.dimensions(2) else {
            return [.tensor(maybe: inputs.elementType(2), nil)]
        }
        guard query.count == 4, value.count == 4 else { throw .shape("queries \(query) and values \(value)") }
        return [.tensor(maybe: inputs.elementType(2), Array(query.prefix(3)) + [value[3]])]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let context = outputs.context
        let queries = try inputs.tensor(0).cast(to: Element.elementType)
        let keys = try inputs.tensor(1).cast(to: Element.elementType)
        let values = try inputs.tensor(2).cast(to: Element.elementType)
        guard queries.shape.rank == 4, keys.shape.rank == 4, values.shape.rank == 4 else {
            throw .shape("queries \(queries.shape), keys \(keys.shape) and values \(values.shape)")
        }
        let query = try HeadLayout(queries.shape, heads: nil, "the query")
        let key = try HeadLayout(keys.shape, heads: nil, "the key")
        let value = try HeadLayout(values.shape, heads: nil, "the value")
        guard key.batch == query.batch, value.batch == query.batch, key.features == query.features,
            key.heads == value.heads, key.length == value.length, key.heads > 0, query.heads % key.heads == 0
        else { throw .shape("queries \(queries.shape), keys \(keys.shape) and values \(values.shape)") }
        let steps = AttentionSteps<Element>(
            scale: scale.map { Element($0) } ?? 1 / Element(query.features).squareRoot(), softcap: 0, mode: nil,
            product: MatrixProduct(context))
        let shape: Shape = [query.batch, query.heads, query.length, key.length]
        let size = query.length * key.length
        let parts = query.batch * query.heads
        let places = (0..<parts).map { part in
            let (item, head) = (part / query.heads, part % query.heads)
            let shared = head / (query.heads / key.heads)
            return (
                query.place(item: item, head: head), key.place(item: item, head: shared),
                value.place(item: item, head: shared)
            )
        }
        var scores = try context.scratch(shape, of: Element.self)
        var line = try context.scratch([size], of: Element.self)
        let (querySpan, keySpan) = (try queries.elements(of: Element.self), try keys.elements(of: Element.self))
        for part in 0..<parts {
            steps.score(querySpan, places[part].0, keySpan, places[part].1, query, key.length, into: &line)
            for index in 0..<size { scores[part * size + index] = line[index] }
        }
        if changesScores { scores = try changed(scores, shape, "score_mod", context) }
        for part in 0..<parts {
            for index in 0..<size { line[index] = scores[part * size + index] }
            steps.normalize(&line, nil, item: 0, head: 0, query.length, key.length) { _, _ in }
            for index in 0..<size { scores[part * size + index] = line[index] }
        }
        if changesProbabilities { scores = try changed(scores, shape, "prob_mod", context) }
        let valueSpan = try values.elements(of: Element.self)
        let stored = try inputs.tensor(2).elementType
        let resultShape: Shape = [query.batch, query.heads, query.length, value.features]
        try outputs.write(0, of: Element.self, resultShape, as: stored) { (target) throws(ComputeError) in
            for index in target.indices { target[index] = 0 }
            for part in 0..<parts where target.count > 0 {
                steps.product.accumulate(
                    rows: query.length, columns: value.features, depth: key.length, scores.span,
                    MatrixPlace(at: part * size, rowStride: key.length), valueSpan, places[part].2, into: &target,
                    MatrixPlace(at: part * query.length * value.features, rowStride: value.features))
            }
        }
    }

    /// Passes scores through a subgraph in the precision it expects.
    private func changed<Element: RealElement>(
        _ scores: [Element], _ shape: Shape, _ name: String, _ context: EvaluationContext
    ) throws(ComputeError) -> [Element] {
        let given = try Tensor(scores, shape: shape).cast(to: precision ?? Element.elementType)
        let results = try context.run(name, [.tensor(given)])
        guard results.count == 1, let result = results[0].tensor, result.shape == shape else {
            throw .shape("'\(name)' must make one tensor of the shape \(shape)")
        }
        return try result.reals(as: Element.self)
    }
}
