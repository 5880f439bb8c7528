// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Runs a subgraph over and over, for a number of rounds or until it says to stop.
package struct LoopOperator: Operator {
    package static let schema = Schema("Loop", inputs: .atLeast(2), outputs: .atLeast(1))

    private let body: [ValueType]
    private let carriedCount: Int
    /// What a scanned value takes beside its elements until all are stacked.
    private static let bytesPerPart = 64

    package init(_ node: NodeReader) throws(ComputeError) {
        let graph = try node.graph("body")
        body = graph.outputs.map(\.type)
        carriedCount = max(node.inputCount - 2, 0)
        guard graph.inputs.count == carriedCount + 2, body.count > carriedCount else {
            throw .attribute(
                "the body takes \(graph.inputs.count) and makes \(body.count) values for \(carriedCount) carried ones")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        body.dropFirst().enumerated().map { index, declared in
            if index >= carriedCount {
                return InferredValue(declared.declaration(or: declared).stacked(axis: 0, length: .unknown))
            }
            return InferredValue(declared.declaration(or: inputs.known(index + 2)?.type ?? .unknown))
        }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let context = outputs.context
        let limit = try inputs.optionalTensor(0).map { (tensor) throws(ComputeError) in try tensor.scalarInteger() }
        var goesOn = try inputs.optionalTensor(1).map { (tensor) throws(ComputeError) in try tensor.truth() } ?? true
        var carried: [Datum] = []
        for index in 0..<carriedCount { carried.append(try inputs.datum(index + 2)) }
        var scanned = [[Tensor]](repeating: [], count: body.count - 1 - carriedCount)
        var round = 0
        var keptByteCount = 0
        while goesOn, limit.map({ round < $0 }) ?? true {
            if context.isCancelled() { throw ComputeError(.cancelled, "cancelled in round \(round) of a loop") }
            let state: [Datum] = [
                .tensor(try Tensor(scalar: Int64(round))), .tensor(try Tensor(scalar: goesOn)),
            ]
            let results = try context.run("body", state + carried)
            guard results.count == body.count else { throw .value("the body made \(results.count) values") }
            goesOn = try results[0].requiredTensor("the condition").truth()
            carried = Array(results[1..<(carriedCount + 1)])
            for index in scanned.indices where outputs.isWanted(index + carriedCount) {
                let part = try results[index + 1 + carriedCount].requiredTensor("a scanned value")
                keptByteCount += part.byteCount + LoopOperator.bytesPerPart
                scanned[index].append(part)
            }
            try context.budget?.checkRoom(for: keptByteCount)
            round += 1
        }
        for (index, value) in carried.enumerated() { outputs.set(index, datum: value) }
        for (index, parts) in scanned.enumerated() where outputs.isWanted(index + carriedCount) {
            let declared = body[index + 1 + carriedCount]
            let stack =
                parts.isEmpty
                ? try Tensor.emptyStack(of: declared, axis: 0, in: context)
                : try Tensor.stack(parts, axis: 0, in: context)
            outputs.set(index + carriedCount, stack)
        }
    }
}
