// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension GradientTape {
    /// The value with its dimensions in another order.
    mutating func transposed(_ value: String, _ order: [Int64]) throws(ComputeError) -> String {
        try add("Transpose", [value], ["perm": .integers(order)])
    }

    /// Some sizes of a value, from one dimension up to another.
    mutating func sizes(_ value: String, from start: Int64, to end: Int64) throws(ComputeError) -> String {
        try add("Shape", [value], ["start": .integer(start), "end": .integer(end)])
    }

    /// Swaps batch and channels, where channels lie in groups that stay together.
    mutating func swappingBatch(
        _ value: String, groups: Int64, rank: Int
    ) throws(ComputeError) -> String {
        let rest = (2..<Int64(rank)).map { $0 }
        if groups == 1 { return try transposed(value, [1, 0] + rest) }
        let batch = try sizes(value, from: 0, to: 1)
        let space = try sizes(value, from: 2, to: Int64(rank))
        let count = try integers([groups])
        let split = try add("Concat", [batch, count, try integers([-1]), space], ["axis": .integer(0)])
        let grouped = try transposed(
            try add("Reshape", [value, split]), [2, 1, 0] + rest.map { $0 + 1 })
        let joined = try add("Concat", [try integers([0, -1]), space], ["axis": .integer(0)])
        return try add("Reshape", [grouped, joined])
    }
}

extension Conv: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let reader = NodeReader(node)
        guard let rank = tape.dimensions(of: node.inputs[0])?.count ?? tape.dimensions(of: node.inputs[1])?.count else {
            throw .unsupported("the rank of its input is not known")
        }
        let padding = try reader.string("auto_pad", default: "NOTSET")
        guard rank > 2, padding == "NOTSET" || padding == "VALID" else {
            throw .unsupported("attribute 'auto_pad' is \(padding)")
        }
        let plain = [Int](repeating: 1, count: rank - 2)
        let steps = Attribute.integers(try reader.integers("strides", default: plain).map { Int64($0) })
        let gaps = Attribute.integers(try reader.integers("dilations", default: plain).map { Int64($0) })
        let room = try reader.integers("pads", default: [Int](repeating: 0, count: 2 * plain.count)).map { Int64($0) }
        let pads = Attribute.integers(room)
        // What the last window leaves of the padding behind is not known here: the result is cut to the image's size.
        let begins = Attribute.integers(room.prefix(plain.count) + [Int64](repeating: 0, count: plain.count))
        let gradient = try tape.gradient(of: node)
        let group = Attribute.integer(Int64(groups))
        if tape.wants(node, 0) {
            let back = try tape.add(
                "ConvTranspose", [gradient, node.inputs[1]],
                ["strides": steps, "dilations": gaps, "pads": begins, "group": group])
            let missing = try tape.add(
                "Sub", [try tape.add("Shape", [node.inputs[0]]), try tape.add("Shape", [back])])
            let none = try tape.integers([Int64](repeating: 0, count: rank))
            let ends = try tape.add("Concat", [none, missing], ["axis": .integer(0)])
            tape.accumulate(try tape.add("Pad", [back, ends]), node, 0)
        }
        if tape.wants(node, 1) {
            let image = try tape.swappingBatch(node.inputs[0], groups: Int64(groups), rank: rank)
            let filters = try tape.transposed(gradient, [1, 0] + (2..<Int64(rank)).map { $0 })
            let product = try tape.add(
                "Conv", [image, filters], ["strides": gaps, "dilations": steps, "pads": pads, "group": group])
            let turned = try tape.transposed(product, [1, 0] + (2..<Int64(rank)).map { $0 })
            let first = try tape.integers([Int64](repeating: 0, count: rank))
            tape.accumulate(
                try tape.add("Slice", [turned, first, try tape.add("Shape", [node.inputs[1]])]), node, 1)
        }
        guard tape.wants(node, 2) else { return }
        let axes = try tape.integers([0] + (2..<Int64(rank)).map { $0 })
        tape.accumulate(try tape.add("ReduceSum", [gradient, axes], ["keepdims": .integer(0)]), node, 2)
    }
}

extension MaxPool: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard try !NodeReader(node).flag("storage_order") else {
            throw .unsupported("attribute 'storage_order' is set")
        }
        var placing = node
        placing.opset = Swift.max(node.opset, 12)
        placing.outputs = ["pooled", "places"]
        let places = try tape.repeating(placing, inputs: node.inputs)[1]
        let flat = try tape.integers([-1])
        let room = try tape.add("Reshape", [try tape.add("Size", [node.inputs[0]]), flat])
        let zeros = try tape.add("CastLike", [try tape.add("ConstantOfShape", [room]), node.inputs[0]])
        let updates = try tape.add("Reshape", [try tape.gradient(of: node), flat])
        let total = try tape.add(
            "ScatterElements", [zeros, try tape.add("Reshape", [places, flat]), updates],
            ["reduction": .string("add")])
        tape.accumulate(try tape.reshaped(total, like: node.inputs[0]), node, 0)
    }
}

extension GlobalAveragePool: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let gradient = try tape.gradient(of: node)
        let most = try tape.add("CastLike", [try tape.add("Size", [node.inputs[0]]), gradient])
        let least = try tape.add("CastLike", [try tape.add("Size", [gradient]), gradient])
        let share = try tape.times(gradient, try tape.add("Div", [least, most]))
        try tape.accumulate(expanding: share, node)
    }
}

extension Pad: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let reader = NodeReader(node)
        guard try reader.string("mode", default: "constant") == "constant", node.opset >= 11,
            node.inputs.count < 4 || node.inputs[3].isEmpty
        else { throw .unsupported("only padding of all axes by a constant has one") }
        let turned = try tape.add("Neg", [node.inputs[1]])
        tape.accumulate(try tape.add("Pad", [try tape.gradient(of: node), turned]), node, 0)
    }
}
