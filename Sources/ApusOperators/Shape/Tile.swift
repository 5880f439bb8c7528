// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Repeats its input a number of times along each axis.
package struct Tile: Operator {
    package static let schema = Schema("Tile", since: 6, inputs: 2...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else {
            let rank = inputs.length(1)
            return [.tensor(elementType, rank.map { [Dimension](repeating: .unknown, count: $0) })]
        }
        guard let repeats = inputs.elements(1) else {
            return [.tensor(elementType, [Dimension](repeating: .unknown, count: dimensions.count))]
        }
        guard repeats.count == dimensions.count else {
            throw .shape("\(repeats.count) repeats for \(dimensions.count) axes")
        }
        return [.tensor(elementType, zip(dimensions, repeats).map { $0 * $1 })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let repeats = try inputs.tensor(1).integers()
        guard repeats.count == source.shape.rank else { throw .shape("\(repeats.count) repeats for \(source)") }
        var sizes: [Int] = []
        for (size, count) in zip(source.shape, repeats) {
            let (product, overflow) = size.multipliedReportingOverflow(by: count)
            guard count >= 0 else { throw .value("a negative number of repeats: \(count)") }
            guard !overflow else { throw .limit("\(size) repeated \(count) times overflows") }
            sizes.append(product)
        }
        let shape = Shape(sizes)
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        if canvas.elementCount > 0 {
            let sourceSteps = source.shape.strides
            let targetSteps = shape.strides
            var block = Block(sizes: [], sourceSteps: [], targetSteps: [])
            for axis in repeats.indices {
                block.sizes += [repeats[axis], source.shape[axis]]
                block.sourceSteps += [0, sourceSteps[axis]]
                block.targetSteps += [targetSteps[axis] * source.shape[axis], targetSteps[axis]]
            }
            try canvas.copy(source, block)
        }
        outputs.set(0, try canvas.finish())
    }
}
