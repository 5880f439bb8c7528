// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Turns each row of scores into a map from class labels to scores.
package struct ZipMap: Operator {
    package static let schema = Schema("ZipMap", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let labels: ClassLabels

    package init(_ node: NodeReader) throws(ComputeError) {
        labels = try ClassLabels(node, strings: "classlabels_strings", integers: "classlabels_int64s")
        guard labels.count > 0 else { throw .attribute("ZipMap has no labels") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(.sequence(.map(labels.elementType, .tensor(.float32, nil))))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = source.shape
        guard shape.rank == 1 || shape.rank == 2, shape[shape.rank - 1] == labels.count else {
            throw .shape("ZipMap has \(labels.count) labels, the input is \(source)")
        }
        let scores = try source.array(of: Float.self)
        let order = order
        let keys = try labels.tensor(order)
        var maps: [Datum] = []
        for row in 0..<(shape.rank == 1 ? 1 : shape[0]) {
            let values = order.map { scores[row * labels.count + $0] }
            maps.append(.map(TensorMap(keys: keys, values: try Tensor(values, shape: [values.count]))))
        }
        outputs.set(0, datum: .sequence(maps))
    }

    /// The labels' positions in ascending order of the labels; the last of equal ones counts.
    private var order: [Int] {
        switch labels {
        case .strings(let texts):
            Dictionary(zip(texts, texts.indices)) { _, last in last }.sorted { $0.key < $1.key }.map(\.value)
        case .integers(let numbers):
            Dictionary(zip(numbers, numbers.indices)) { _, last in last }.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}
