// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusTensors

extension TensorSpecification {
    /// Compares what a configuration says of an input or output with what the model says.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` that names both.
    func check(
        _ port: Signature.Port, _ kind: String, of configuration: ModelConfiguration
    ) throws(ServingError) {
        func refusal(_ message: String) -> ServingError {
            ServingError(.invalidArgument, "model '\(configuration.name)', \(kind) '\(name)': \(message)")
        }
        if let elementType = port.elementType, elementType != datatype.elementType {
            let actual = Datatype(elementType)?.configurationName ?? elementType.name
            throw refusal("the configuration says \(datatype.configurationName), the model has \(actual)")
        }
        guard let sizes = port.sizes else { return }
        let batch = configuration.maxBatchSize > 0 ? [-1] : []
        let expected = batch + (reshape ?? dimensions)
        var fits = expected.count == sizes.count
        for axis in expected.indices where fits {
            if let size = sizes[axis].number { fits = expected[axis] == size }
        }
        guard fits else {
            throw refusal(
                "the configuration says \(Shape(expected)), of which the batch is "
                    + "\(batch.isEmpty ? "no part" : "the first"), the model has \(port.type)")
        }
    }

    /// A shape as the other side sees it: sizes that vary are carried over in order.
    func reshaped(_ shape: Shape, to target: [Int], from source: [Int]? = nil, keepsBatch: Bool) -> Shape {
        let offset = keepsBatch ? 1 : 0
        var varying = (source ?? dimensions).indices.lazy
            .filter { (source ?? dimensions)[$0] < 0 && $0 + offset < shape.rank }
            .map { shape[$0 + offset] }.makeIterator()
        var sizes = keepsBatch && shape.rank > 0 ? [shape[0]] : []
        for size in target { sizes.append(size < 0 ? varying.next() ?? 1 : size) }
        return Shape(sizes)
    }
}
