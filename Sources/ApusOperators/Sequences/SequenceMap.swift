// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Runs a subgraph on every item of a sequence.
package struct SequenceMap: Operator {
    package static let schema = Schema("SequenceMap", since: 17, inputs: .atLeast(1), outputs: .atLeast(1))

    private let body: [ValueType]

    package init(_ node: NodeReader) throws(ComputeError) { body = try node.graph("body").outputs.map(\.type) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        body.map { InferredValue(.sequence($0.declaration(or: $0))) }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let context = outputs.context
        let count = try inputs.sequence(0).count
        var made = [[Datum]](repeating: [], count: body.count)
        for position in 0..<count {
            if context.isCancelled() { throw ComputeError(.cancelled, "cancelled at item \(position) of a sequence") }
            var arguments: [Datum] = []
            for index in 0..<inputs.count {
                let datum = try inputs.datum(index)
                if case .sequence(let items) = datum {
                    guard items.count == count else { throw .value("sequences of \(count) and \(items.count) items") }
                    arguments.append(items[position])
                } else {
                    arguments.append(datum)
                }
            }
            let results = try context.run("body", arguments)
            guard results.count == body.count else { throw .value("the body made \(results.count) values") }
            for (index, result) in results.enumerated() { made[index].append(result) }
        }
        for (index, items) in made.enumerated() { outputs.set(index, datum: .sequence(items)) }
    }
}
