// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A sequence of its inputs.
package struct SequenceConstruct: Operator {
    package static let schema = Schema("SequenceConstruct", since: 11, inputs: .atLeast(1))

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let types = inputs.map { $0?.type ?? .unknown }
        return [InferredValue(.sequence(types.dropFirst().reduce(types.first ?? .unknown) { $0.item(or: $1) }))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var items: [Datum] = []
        for index in 0..<inputs.count {
            let tensor = try inputs.tensor(index)
            if let first = items.first?.tensor, first.elementType != tensor.elementType {
                throw .elementType("\(first) and \(tensor) in one sequence")
            }
            items.append(.tensor(tensor))
        }
        outputs.set(0, datum: .sequence(items))
    }
}
