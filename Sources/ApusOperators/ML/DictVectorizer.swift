// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Lays the values of a map out in the order of a vocabulary, with zeros where the map has no entry.
package struct DictVectorizer: Operator {
    package static let schema = Schema("DictVectorizer", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let vocabulary: ClassLabels

    package init(_ node: NodeReader) throws(ComputeError) {
        vocabulary = try ClassLabels(node, strings: "string_vocabulary", integers: "int64_vocabulary")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard case .map(_, .tensor(let elementType, _)) = inputs[0]?.type else { return [] }
        return [.tensor(elementType, [1, Dimension(vocabulary.count)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        guard case .map(let map) = try inputs.datum(0) else { throw .elementType("DictVectorizer needs a map") }
        guard map.values.elementCount == map.keys.elementCount else {
            throw .shape("the map has not one value per key")
        }
        let places = try places(map.keys)
        switch map.values.elementType {
        case .string:
            let values = map.values.strings
            let row = places.map { place in place.map { values[$0] } ?? "" }
            outputs.set(0, try Tensor(strings: row, shape: [1, row.count]))
        case .float32: try gather(map.values, Float.self, places, &outputs)
        case .float64: try gather(map.values, Double.self, places, &outputs)
        case .int64: try gather(map.values, Int64.self, places, &outputs)
        default: throw .elementType("DictVectorizer does not take values of \(map.values.elementType.name)")
        }
    }

    /// For each word of the vocabulary, where the map has it.
    private func places(_ keys: Tensor) throws(ComputeError) -> [Int?] {
        switch vocabulary {
        case .strings(let words):
            guard keys.elementType == .string else { throw .elementType("the keys are not strings") }
            let found = Dictionary(zip(keys.strings, keys.strings.indices)) { _, last in last }
            return words.map { found[$0] }
        case .integers(let words):
            let numbers = try keys.array(of: Int64.self)
            let found = Dictionary(zip(numbers, numbers.indices)) { _, last in last }
            return words.map { found[$0] }
        }
    }

    private func gather<Element: TensorElement & Numeric>(
        _ values: Tensor, _ type: Element.Type, _ places: [Int?], _ outputs: inout Outputs
    ) throws(ComputeError) {
        let elements = try values.array(of: Element.self)
        let row: [Element] = places.map { place in place.map { elements[$0] } ?? 0 }
        outputs.set(0, try Tensor(row, shape: [1, row.count]))
    }
}
