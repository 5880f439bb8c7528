// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Reverses the first elements of every sequence in a batch.
package struct ReverseSequence: Operator {
    package static let schema = Schema("ReverseSequence", since: 10, inputs: 2...2)

    private let timeAxis: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        timeAxis = try node.integer("time_axis", default: 0)
        let batchAxis = try node.integer("batch_axis", default: 1)
        guard (timeAxis, batchAxis) == (0, 1) || (timeAxis, batchAxis) == (1, 0) else {
            throw .attribute("time axis \(timeAxis) and batch axis \(batchAxis)")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let lengths = try inputs.tensor(1).integers()
        guard source.shape.rank >= 2 else { throw .shape("ReverseSequence needs rank 2, not \(source)") }
        let time = source.shape[timeAxis]
        guard lengths.count == source.shape[1 - timeAxis] else {
            throw .shape("\(lengths.count) lengths for \(source.shape[1 - timeAxis]) sequences")
        }
        guard lengths.allSatisfy({ $0 >= 0 && $0 <= time }) else { throw .value("a length is outside 0...\(time)") }
        let run = source.shape.dimensions[2...].reduce(1, &*)
        var canvas = try Canvas(source.elementType, source.shape, in: outputs.context)
        if canvas.elementCount > 0 {
            let columns = source.shape[1]
            let starts = (0..<source.shape[0] * columns).map { position -> Int in
                let step = timeAxis == 0 ? position / columns : position % columns
                let length = lengths[timeAxis == 0 ? position % columns : position / columns]
                let moved = step < length ? length - 1 - step : step
                return (position + (moved - step) * (timeAxis == 0 ? columns : 1)) * run
            }
            try canvas.gather(source, starts: starts, run: run)
        }
        outputs.set(0, try canvas.finish())
    }
}
