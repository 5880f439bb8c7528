// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Moves depth into square blocks of height and width.
package struct DepthToSpace: Operator {
    package static let schema = Schema("DepthToSpace", inputs: 1...1)

    /// Whether blocks (DCR) or depths (CRD) are the outer part of the channel axis.
    enum Mode: String, CaseIterable {
        case blocksOutside = "DCR"
        case depthOutside = "CRD"
    }

    private let mode: Mode
    private let edge: Int

    package init(_ node: NodeReader) throws(ComputeError) {
        mode = try node.choice("mode", default: Mode.blocksOutside)
        edge = try node.integer("blocksize")
        guard edge > 0, edge <= 1 << 16 else { throw .attribute("attribute 'blocksize' is \(edge)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let sizes = inputs.dimensions(0) else {
            return [.tensor(elementType, [.unknown, .unknown, .unknown, .unknown])]
        }
        guard sizes.count == 4 else { throw .shape("DepthToSpace needs rank 4, not \(sizes.count)") }
        let depth = sizes[1].floorDivided(by: Dimension(edge * edge))
        return [.tensor(elementType, [sizes[0], depth, sizes[2] * Dimension(edge), sizes[3] * Dimension(edge)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.shape.rank == 4, source.shape[1] % (edge * edge) == 0 else {
            throw .shape("\(source) has no depth of a multiple of \(edge * edge)")
        }
        let depth = source.shape[1] / (edge * edge)
        let height = source.shape[2]
        let width = source.shape[3]
        guard max(height, width) < 1 << 40 else { throw .limit("\(source) is too large") }
        let shape = Shape(source.shape[0], depth, height * edge, width * edge)
        let step = source.shape.strides
        let (outer, inner) =
            mode == .blocksOutside ? (step[1], step[1] &* depth) : (step[1] &* edge &* edge, step[1])
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        let target = shape.strides
        try canvas.copy(
            source,
            Block(
                sizes: ShortList(shape[0], depth, height, edge, width, edge),
                sourceSteps: ShortList(step[0], outer, step[2], inner &* edge, step[3], inner),
                targetSteps: ShortList(target[0], target[1], target[2] * edge, target[2], edge, 1)))
        outputs.set(0, try canvas.finish())
    }
}
