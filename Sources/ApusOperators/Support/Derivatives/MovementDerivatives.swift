// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension Identity: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        tape.accumulate(try tape.gradient(of: node), node, 0)
    }
}

extension Cast: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard tape.wants(node, 0) else { return }
        tape.accumulate(try tape.add("CastLike", [try tape.gradient(of: node), node.inputs[0]]), node, 0)
    }
}

extension CastLike: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard tape.wants(node, 0) else { return }
        tape.accumulate(try tape.add("CastLike", [try tape.gradient(of: node), node.inputs[0]]), node, 0)
    }
}

extension Dropout: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard node.inputs.count < 3 || node.inputs[2].isEmpty, node.opset >= 7 else {
            throw .unsupported("it may drop elements")
        }
        tape.accumulate(try tape.gradient(of: node), node, 0)
    }
}

/// An operator that gives a tensor another shape with the same elements in the same order.
package protocol ReshapeDifferentiable: Differentiable {}

extension ReshapeDifferentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard tape.wants(node, 0) else { return }
        tape.accumulate(try tape.reshaped(try tape.gradient(of: node), like: node.inputs[0]), node, 0)
    }
}

extension Reshape: ReshapeDifferentiable {}
extension Flatten: ReshapeDifferentiable {}
extension Squeeze: ReshapeDifferentiable {}
extension Unsqueeze: ReshapeDifferentiable {}

extension Transpose: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        var attributes: [String: Attribute] = [:]
        if let order = try NodeReader(node).optionalIntegers("perm") {
            var inverse = [Int64](repeating: 0, count: order.count)
            for (target, source) in order.enumerated() {
                guard inverse.indices.contains(source) else { throw .attribute("'perm' is no order of dimensions") }
                inverse[source] = Int64(target)
            }
            attributes["perm"] = .integers(inverse)
        }
        tape.accumulate(try tape.add("Transpose", [try tape.gradient(of: node)], attributes), node, 0)
    }
}

extension Expand: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        try tape.accumulate(broadcast: try tape.gradient(of: node), node, 0)
    }
}

extension Concat: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let axis = Int64(try NodeReader(node).integer("axis", default: 1))
        var sizes: [String] = []
        for input in node.inputs {
            sizes.append(try tape.add("Gather", [try tape.add("Shape", [input]), try tape.integers([axis])]))
        }
        let split = try tape.add("Concat", sizes, ["axis": .integer(0)])
        let parts = try tape.add(
            "Split", [try tape.gradient(of: node), split], outputs: node.inputs.count, ["axis": .integer(axis)])
        for (index, part) in parts.enumerated() { tape.accumulate(part, node, index) }
    }
}

/// An operator whose outputs are elements of its first input, some of them many times, and zeros.
///
/// It moves the numbers of the elements in the same way, which says where each gradient belongs.
package protocol MovementDifferentiable: Differentiable {}

extension MovementDifferentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard tape.wants(node, 0) else { return }
        let source = node.inputs[0]
        let one = try tape.integers([1], isScalar: true)
        let zero = try tape.integers([0], isScalar: true)
        let room = try tape.add("Add", [try tape.add("Size", [source]), one])
        let numbers = try tape.reshaped(try tape.add("Range", [one, room, one]), like: source)
        let places = try tape.repeating(node, inputs: [numbers] + node.inputs.dropFirst())
        let flat = try tape.integers([-1])
        let length = try tape.add("Reshape", [room, flat])
        var total = try tape.add("ConstantOfShape", [length])
        total = try tape.add("CastLike", [total, source])
        for (index, output) in node.outputs.enumerated() where !output.isEmpty {
            guard let gradient = try tape.gradient(of: output) else { continue }
            let positions = try tape.add("Reshape", [places[index], flat])
            total = try tape.add(
                "ScatterElements", [total, positions, try tape.add("Reshape", [gradient, flat])],
                ["reduction": .string("add")])
        }
        let begin = try tape.add("Reshape", [try tape.add("Add", [zero, one]), flat])
        let kept = try tape.add("Slice", [total, begin, length])
        tape.accumulate(try tape.reshaped(kept, like: source), node, 0)
    }
}

extension Slice: MovementDifferentiable {}
extension Split: MovementDifferentiable {}
extension Gather: MovementDifferentiable {}
extension GatherElements: MovementDifferentiable {}
extension GatherND: MovementDifferentiable {}
extension Tile: MovementDifferentiable {}
extension Trilu: MovementDifferentiable {}
extension DepthToSpace: MovementDifferentiable {}
extension SpaceToDepth: MovementDifferentiable {}
extension Compress: MovementDifferentiable {}

extension ScatterElements: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let reader = NodeReader(node)
        guard try reader.string("reduction", default: "none") == "add" else {
            throw .unsupported("only the reduction 'add' has one")
        }
        let gradient = try tape.gradient(of: node)
        tape.accumulate(gradient, node, 0)
        guard tape.wants(node, 2) else { return }
        let axis = Attribute.integer(Int64(try reader.integer("axis", default: 0)))
        tape.accumulate(try tape.add("GatherElements", [gradient, node.inputs[1]], ["axis": axis]), node, 2)
    }
}
