// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A sequence with one more item, at the end by default.
package struct SequenceInsert: Operator {
    package static let schema = Schema("SequenceInsert", since: 11, inputs: 2...3)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let item = inputs.item(0)
        return [InferredValue(.sequence(item.item(or: inputs.known(1)?.type ?? .unknown)))]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var items = try inputs.sequence(0)
        let tensor = try inputs.tensor(1)
        if let first = items.first?.tensor, first.elementType != tensor.elementType {
            throw .elementType("\(first) and \(tensor) in one sequence")
        }
        var position = items.count
        if let place = try inputs.optionalTensor(2) {
            position = try place.scalarInteger()
            guard position >= -items.count, position <= items.count else {
                throw .value("position \(position) is outside a sequence of \(items.count)")
            }
            if position < 0 { position += items.count }
        }
        guard items.count < 1 << 20 else { throw .limit("a sequence of more than \(items.count) tensors") }
        items.insert(.tensor(tensor), at: position)
        outputs.set(0, datum: .sequence(items))
    }
}
