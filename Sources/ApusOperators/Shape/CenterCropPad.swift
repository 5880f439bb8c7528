// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Cuts or pads its input around the centre to fit given sizes.
package struct CenterCropPad: Operator {
    package static let schema = Schema("CenterCropPad", since: 18, inputs: 2...2)

    private let axes: [Int]?

    package init(_ node: NodeReader) throws(ComputeError) { axes = try node.optionalIntegers("axes") }

    private func resize<Size>(_ sizes: [Size], _ wanted: [Size]) throws(ComputeError) -> [Size] {
        let positions = try normalizedAxes(axes ?? Array(sizes.indices), rank: sizes.count)
        guard positions.count == wanted.count else { throw .shape("\(wanted.count) sizes for \(positions.count) axes") }
        var result = sizes
        for (index, axis) in positions.enumerated() { result[axis] = wanted[index] }
        return result
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard let dimensions = inputs.dimensions(0) else { return [.tensor(elementType, nil)] }
        let count = axes?.count ?? dimensions.count
        let wanted = inputs.elements(1) ?? [Dimension](repeating: .unknown, count: count)
        return [.tensor(elementType, try resize(dimensions, wanted))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let shape = Shape(try resize(source.shape.dimensions, try inputs.tensor(1).integers()))
        _ = try shape.checkedElementCount()
        let offsets = zip(source.shape, shape).map { size, wanted in
            wanted >= size ? (wanted - size) / 2 : -((size - wanted) / 2)
        }
        outputs.set(0, try Pad.place(source, at: offsets, in: shape, filler: nil, outputs.context))
    }
}
