// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

extension GradientTape {
    /// What the loss of labels makes of its gradient, for the logarithms of the probabilities.
    mutating func labelGradient(_ node: Node, like scores: String) throws(ComputeError) -> String {
        let reader = NodeReader(node)
        let labels = node.inputs[1]
        let ignored = try add("CastLike", [try integers([Int64(reader.integer("ignore_index", default: -1))]), labels])
        let isCounted = try add("Not", [try add("Equal", [labels, ignored])])
        let counted = try mask(isCounted, like: scores)
        let safe = try times(try add("CastLike", [isCounted, labels]), labels)
        var weights = reader.has("ignore_index") ? counted : try filled(1, like: counted)
        let places = reader.has("ignore_index") ? safe : labels
        if reader.hasInput(2) { weights = try times(weights, try add("Gather", [node.inputs[2], places])) }
        var share = try times(-1, try times(try gradient(of: node), weights))
        if try reader.string("reduction", default: "mean") == "mean" {
            share = try add("Div", [share, try add("ReduceSum", [weights], ["keepdims": .integer(0)])])
        }
        let axis = try integers([1])
        return try add(
            "ScatterElements",
            [
                try filled(0, like: scores), try add("Unsqueeze", [places, axis]),
                try add("Unsqueeze", [share, axis]),
            ], ["axis": .integer(1)])
    }
}

extension NegativeLogLikelihoodLoss: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard tape.wants(node, 0) else { return }
        tape.accumulate(try tape.labelGradient(node, like: node.inputs[0]), node, 0)
    }
}

extension SoftmaxCrossEntropyLoss: Differentiable {
    package func differentiate(_ node: Node, _ tape: inout GradientTape) throws(ComputeError) {
        guard tape.wants(node, 0) else { return }
        let scores = node.inputs[0]
        var gradient = try tape.labelGradient(node, like: scores)
        if node.outputs.count > 1, !node.outputs[1].isEmpty, let more = try tape.gradient(of: node.outputs[1]) {
            gradient = try tape.add("Add", [gradient, more])
        }
        let axis = Attribute.integer(1)
        let sum = try tape.add("ReduceSum", [gradient, try tape.integers([1])], ["keepdims": .integer(1)])
        let share = try tape.times(try tape.add("Softmax", [scores], ["axis": axis]), sum)
        tape.accumulate(try tape.add("Sub", [gradient, share]), node, 0)
    }
}
