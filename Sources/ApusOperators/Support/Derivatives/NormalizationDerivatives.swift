// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension LayerNormalization: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard let rank = tape.dimensions(of: node.inputs[0])?.count else {
            throw .unsupported("the rank of its input is not known")
        }
        let reader = NodeReader(node)
        let first = try reader.integer("axis", default: -1)
        guard first >= -rank, first < rank else { throw .attribute("axis \(first) is outside the rank \(rank)") }
        let axes = try tape.integers((Int64(first < 0 ? first + rank : first)..<Int64(rank)).map { $0 })
        func mean(_ value: String) throws(ComputeError) -> String {
            try tape.add("ReduceMean", [value, axes], ["keepdims": .integer(1)])
        }
        let source = node.inputs[0]
        let gradient = try tape.gradient(of: node)
        let centred = try tape.add("Sub", [source, try mean(source)])
        let variance = try tape.plus(
            Double(try reader.float("epsilon", default: 1e-5)), try mean(try tape.times(centred, centred)))
        let spread = try tape.reciprocal(try tape.add("Sqrt", [variance]))
        let normal = try tape.times(centred, spread)
        if tape.wants(node, 0) {
            let inner = try tape.times(gradient, node.inputs[1])
            let shift = try tape.add("Sub", [inner, try mean(inner)])
            let turn = try tape.times(normal, try mean(try tape.times(inner, normal)))
            tape.accumulate(try tape.times(spread, try tape.add("Sub", [shift, turn])), node, 0)
        }
        if tape.wants(node, 1) { try tape.accumulate(broadcast: try tape.times(gradient, normal), node, 1) }
        if tape.wants(node, 2) { try tape.accumulate(broadcast: gradient, node, 2) }
    }
}

extension BatchNormalization: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        let reader = NodeReader(node)
        guard try !reader.flag("training_mode"), !(1..<5).contains(where: reader.hasOutput), node.opset >= 9,
            !tape.wants(node, 3), !tape.wants(node, 4)
        else { throw .unsupported("only that with given means and variances has one") }
        guard let rank = tape.dimensions(of: node.inputs[0])?.count, rank > 1 else {
            throw .unsupported("the rank of its input is not known")
        }
        let sizes = try tape.integers([1, -1] + [Int64](repeating: 1, count: rank - 2))
        func spread(_ index: Int) throws(ComputeError) -> String {
            try tape.add("CastLike", [try tape.add("Reshape", [node.inputs[index], sizes]), node.inputs[0]])
        }
        let gradient = try tape.gradient(of: node)
        let variance = try tape.plus(Double(try reader.float("epsilon", default: 1e-5)), try spread(4))
        let factor = try tape.reciprocal(try tape.add("Sqrt", [variance]))
        if tape.wants(node, 0) {
            tape.accumulate(try tape.times(gradient, try tape.times(try spread(1), factor)), node, 0)
        }
        let axes = try tape.integers([0] + (2..<Int64(rank)).map { $0 })
        func sum(_ value: String, _ index: Int) throws(ComputeError) {
            let total = try tape.add("ReduceSum", [value, axes], ["keepdims": .integer(0)])
            tape.accumulate(try tape.add("CastLike", [total, node.inputs[index]]), node, index)
        }
        if tape.wants(node, 1) {
            let normal = try tape.times(try tape.add("Sub", [node.inputs[0], try spread(3)]), factor)
            try sum(try tape.times(gradient, normal), 1)
        }
        if tape.wants(node, 2) { try sum(gradient, 2) }
    }
}
