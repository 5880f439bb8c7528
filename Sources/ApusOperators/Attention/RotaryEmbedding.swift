// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Turns pairs of features by angles that depend on the place in the sequence.
package struct RotaryEmbedding: RealOperator {
    package static let schema = Schema("RotaryEmbedding", since: 23, inputs: 3...4)

    /// Whether pairs are neighbours rather than halves of the features.
    package let isInterleaved: Bool
    private let heads: Int?
    private let rotated: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        isInterleaved = try node.flag("interleaved")
        let count = try node.integer("num_heads", default: 0)
        heads = count == 0 ? nil : count
        rotated = try node.integer("rotary_embedding_dim", default: 0)
        guard rotated >= 0, rotated % 2 == 0 else { throw .attribute("attribute 'rotary_embedding_dim' is \(rotated)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let layout = try HeadLayout(input.shape, heads: heads, "the input")
        let size = rotated == 0 ? layout.features : rotated
        let half = size / 2
        guard size % 2 == 0, size <= layout.features else {
            throw .shape("\(size) of \(layout.features) features turn")
        }
        let cosines = try inputs.tensor(1)
        let sines = try inputs.tensor(2)
        let places = try inputs.optionalTensor(3)
        let positions = try places?.integers()
        guard cosines.shape == sines.shape, cosines.shape.last == half,
            cosines.shape.rank == (positions == nil ? 3 : 2),
            positions != nil || Array(cosines.shape.prefix(2)) == [layout.batch, layout.length],
            positions.map({ $0.count == layout.batch * layout.length }) ?? true
        else { throw .shape("caches \(cosines.shape) and \(sines.shape) for an input \(input.shape)") }
        let rows = cosines.shape[0]
        if let positions, !positions.allSatisfy({ $0 >= 0 && $0 < rows }) {
            throw .value("a position is outside the cache of \(rows)")
        }
        let source = try input.elements(of: Element.self)
        let cosine = try cosines.elements(of: Element.self)
        let sine = try sines.elements(of: Element.self)
        let step = isInterleaved ? 2 : 1
        let partner = isInterleaved ? 1 : half
        try outputs.write(0, of: Element.self, input.shape) { (target) throws(ComputeError) in
            for part in 0..<layout.batch * layout.heads where target.count > 0 {
                let (item, head) = (part / layout.heads, part % layout.heads)
                let place = layout.place(item: item, head: head)
                for row in 0..<layout.length {
                    let index = item * layout.length + row
                    let angle = (positions?[index] ?? index) * half
                    let start = place.offset + row * place.rowStride
                    for pair in 0..<half {
                        let first = start &+ pair &* step
                        let (left, right) = (source[first], source[first &+ partner])
                        target[first] = cosine[angle &+ pair] * left - sine[angle &+ pair] * right
                        target[first &+ partner] = sine[angle &+ pair] * left + cosine[angle &+ pair] * right
                    }
                    for feature in start + size..<start + layout.features { target[feature] = source[feature] }
                }
            }
        }
    }
}
