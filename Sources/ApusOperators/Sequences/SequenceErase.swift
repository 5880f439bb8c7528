// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A sequence without one of its items, the last one by default.
package struct SequenceErase: Operator {
    package static let schema = Schema("SequenceErase", since: 11, inputs: 1...2)

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [inputs.known(0) ?? .unknown]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var items = try inputs.sequence(0)
        var position = -1
        if let tensor = try inputs.optionalTensor(1) { position = try tensor.scalarInteger() }
        items.remove(at: try normalizedIndex(position, items.count))
        outputs.set(0, datum: .sequence(items))
    }
}
