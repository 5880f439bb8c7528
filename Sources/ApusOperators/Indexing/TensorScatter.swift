// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A cache with new elements written along one axis, at a place of its own for each member of the batch.
package struct TensorScatter: Operator {
    package static let schema = Schema("TensorScatter", since: 24, inputs: 2...3)

    private enum Mode: String, CaseIterable {
        case linear
        case circular
    }

    private let mode: Mode
    private let axis: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: Mode.linear)
        axis = try node.integer("axis", default: -2)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let cache = try inputs.tensor(0)
        let update = try inputs.tensor(1)
        let axis = try cache.shape.axis(axis)
        guard axis > 0 else { throw .attribute("the batch axis cannot be the sequence axis") }
        guard update.shape.rank == cache.shape.rank, update.shape[axis] <= cache.shape[axis],
            cache.shape.indices.allSatisfy({ $0 == axis || cache.shape[$0] == update.shape[$0] })
        else { throw .shape("\(update) does not fit the cache \(cache) along axis \(axis)") }
        guard update.elementCount > 0 else {
            outputs.set(0, cache)
            return
        }
        let batch = cache.shape[0]
        let places = try inputs.optionalIntegers(2) ?? [Int](repeating: 0, count: batch)
        guard places.count == batch else { throw .shape("\(places.count) write indices for a batch of \(batch)") }
        let length = cache.shape[axis]
        let added = update.shape[axis]
        for place in places where place < 0 || (mode == .linear && place > length - added) {
            throw .value("write index \(place) with \(added) of \(length) elements")
        }
        var canvas = try Canvas(cache.elementType, cache.shape, in: outputs.context)
        try canvas.copy(cache, count: cache.elementCount)
        let run = cache.shape.dimensions[(axis + 1)...].reduce(1, &*)
        let middle = cache.shape.dimensions[1..<axis].reduce(1, &*)
        var starts: [Int] = []
        for row in 0..<batch * middle {
            let place = places[row / middle] % length
            for step in 0..<added { starts.append((row * length + (place + step) % length) * run) }
        }
        try canvas.scatter(update, to: starts, run: run)
        outputs.set(0, try canvas.finish())
    }
}
