// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Runs one of two subgraphs.
package struct IfOperator: Operator {
    package static let schema = Schema("If", inputs: 1...1, outputs: .atLeast(1))

    private let then: [ValueType]
    private let otherwise: [ValueType]

    package init(_ node: NodeReader) throws(ComputeError) {
        then = try node.graph("then_branch").outputs.map(\.type)
        otherwise = try node.graph("else_branch").outputs.map(\.type)
        guard then.count == otherwise.count else {
            throw .attribute("the branches make \(then.count) and \(otherwise.count) values")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        zip(then, otherwise).map { InferredValue($0.declaration(or: $1)) }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let condition = try inputs.tensor(0).truth()
        let results = try outputs.context.run(condition ? "then_branch" : "else_branch", [])
        for (index, result) in results.enumerated() { outputs.set(index, datum: result) }
    }
}
