// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The distinct elements of a list in the order they come, where each element went, and how many there are of each.
package struct MicrosoftUnique: Operator {
    package static let schema = Schema(
        "Unique", domain: OperatorDomain.microsoft, inputs: 1...1, outputs: 1...3)

    private let operation: Unique

    package init(_ node: NodeReader) throws(ComputeError) {
        var standard = node.node
        standard.setAttribute("sorted", .integer(0))
        operation = try Unique(NodeReader(standard))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let all = try operation.infer(inputs)
        return [all[0], all[2], all[3]]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        guard try inputs.tensor(0).shape.rank == 1 else { throw .shape("\(try inputs.tensor(0)) is no list") }
        var all = Outputs(wanted: [true, true, true, true], context: outputs.context)
        try operation.evaluate(inputs, into: &all)
        for (index, source) in [0, 2, 3].enumerated() where outputs.isWanted(index) {
            if let datum = all.values[source] { outputs.set(index, datum: datum) }
        }
    }
}
