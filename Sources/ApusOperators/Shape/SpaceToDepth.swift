// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Moves square blocks of height and width into depth.
package struct SpaceToDepth: Operator {
    package static let schema = Schema("SpaceToDepth", inputs: 1...1)

    private let mode: DepthToSpace.Mode
    private let edge: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: DepthToSpace.Mode.blocksOutside)
        edge = try node.integer("blocksize")
        guard edge > 0, edge <= 1 << 16 else { throw .attribute("attribute 'blocksize' is \(edge)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let sizes = inputs.dimensions(0) else {
            return [.tensor(elementType, [.unknown, .unknown, .unknown, .unknown])]
        }
        guard sizes.count == 4 else { throw .shape("SpaceToDepth needs rank 4, not \(sizes.count)") }
        let block = Dimension(edge)
        return [
            .tensor(
                elementType,
                [
                    sizes[0], sizes[1] * block * block, sizes[2].floorDivided(by: block),
                    sizes[3].floorDivided(by: block),
                ])
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank == 4, source.shape[2] % edge == 0, source.shape[3] % edge == 0 else {
            throw .shape("\(source) has no height and width of multiples of \(edge)")
        }
        let depth = source.shape[1]
        let height = source.shape[2] / edge
        let width = source.shape[3] / edge
        let (channels, overflow) = depth.multipliedReportingOverflow(by: edge * edge)
        guard !overflow else { throw .limit("the depth overflows") }
        let shape = Shape(source.shape[0], channels, height, width)
        let step = source.shape.strides
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        let target = shape.strides
        let rows = (size: edge, source: step[2])
        let columns = (size: edge, source: step[3])
        let depths = (size: depth, source: step[1])
        let order = mode == .blocksOutside ? [rows, columns, depths] : [depths, rows, columns]
        let second = target[1] &* order[2].size
        try canvas.copy(
            source,
            Block(
                sizes: ShortList([shape[0]] + order.map(\.size) + [height, width]),
                sourceSteps: ShortList([step[0]] + order.map(\.source) + [step[2] &* edge, step[3] &* edge]),
                targetSteps: ShortList(target[0], second &* order[1].size, second, target[1], target[2], 1)))
        outputs.set(0, try canvas.finish())
    }
}
