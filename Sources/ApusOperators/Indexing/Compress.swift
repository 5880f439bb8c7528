// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Slices of its input along an axis, or single elements, where a condition holds.
package struct Compress: Operator {
    package static let schema = Schema("Compress", since: 9, inputs: 2...2)

    private let axis: Int?

    package init(_ node: NodeReader) throws(ComputeError) { axis = try node.optionalInteger("axis") }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let axis else { return [.tensor(elementType, [.unknown])] }
        guard var sizes = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        sizes[try normalizedAxis(axis, rank: sizes.count)] = .unknown
        return [.tensor(elementType, sizes)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let condition = try inputs.tensor(1).array(of: Bool.self)
        let picked = condition.indices.filter { condition[$0] }
        var shape: Shape = [source.elementCount]
        var position = 0
        if let axis {
            position = try source.shape.axis(axis)
            shape = source.shape
        }
        let sizes = shape.dimensions
        guard (picked.last ?? -1) < sizes[position] else {
            throw .shape("the condition reaches outside the size \(sizes[position])")
        }
        shape[position] = picked.count
        let outer = sizes[..<position].reduce(1, &*)
        let run = sizes[(position + 1)...].reduce(1, &*)
        var canvas = try Canvas(source.elementType, shape, in: outputs.context)
        if canvas.elementCount > 0 {
            let starts = (0..<outer).flatMap { row in picked.map { (row * sizes[position] + $0) * run } }
            try canvas.gather(source, starts: starts, run: run)
        }
        outputs.set(0, try canvas.finish())
    }
}
