// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
package import ApusKernels
import ApusONNX
import ApusTensors

extension Model {
    /// The bytes of the weights and other constants of the compiled model, each place in memory counted once.
    package var weightByteCount: Int {
        guard let plan = plan as? CPUPlan else { return 0 }
        var places: [UInt: Int] = [:]
        plan.graph.note(&places)
        return places.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    /// The nodes of the compiled model, those of subgraphs included; 0 for a plan of another backend.
    package var nodeCount: Int { (plan as? CPUPlan)?.graph.wholeNodeCount ?? 0 }

    /// The same compiled model computed by other threads; nil for a plan of another backend.
    package func sharing(_ workers: WorkerPool) -> Model? {
        guard let plan = plan as? CPUPlan else { return nil }
        var options = plan.options
        options.workers = workers
        guard let other = try? CPUPlan(plan.graph, options: options) else { return nil }
        return Model(other, metadata: metadata, memory: memory)
    }

    /// A name for what the model computes, equal for models that differ in their weights alone.
    package var structureDigest: String {
        var text = signature.description
        if let plan = plan as? CPUPlan { plan.graph.describe(&text) }
        return String(Checksum.sha256(Array(text.utf8).span).hexadecimal.prefix(32))
    }
}

extension Session {
    /// The bytes the session holds for values that are not constants; 0 for one of another backend.
    package var memoryByteCount: Int { (underlying as? CPUSession)?.memoryByteCount ?? 0 }
}

extension Graph {
    fileprivate func note(_ places: inout [UInt: Int]) {
        for tensor in constants.values where tensor.elementType != .string {
            // SAFETY: the address is a name for the place, and nothing is read from it.
            let place = unsafe UInt(bitPattern: tensor.baseAddress)
            places[place] = max(places[place] ?? 0, tensor.byteCount)
        }
        for node in nodes {
            for (_, subgraph) in node.subgraphs { subgraph.note(&places) }
        }
    }

    fileprivate var wholeNodeCount: Int {
        nodes.reduce(0) { count, node in node.subgraphs.reduce(count + 1) { $0 + $1.1.wholeNodeCount } }
    }

    fileprivate func describe(_ text: inout String) {
        for (name, tensor) in constants.sorted(by: { $0.key < $1.key }) {
            text += "\(name) \(tensor.elementType) \(tensor.shape)\n"
        }
        for node in nodes {
            text += "\(node.qualifiedName) \(node.inputs) \(node.outputs)"
            for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
                switch value {
                case .graph, .graphs: continue
                default: text += " \(name)=\("\(value)".prefix(200))"
                }
            }
            text += "\n"
            for (_, subgraph) in node.subgraphs { subgraph.describe(&text) }
        }
    }
}
