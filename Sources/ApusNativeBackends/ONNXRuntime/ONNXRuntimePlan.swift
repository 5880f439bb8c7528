// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusGraphs
import ApusONNX
import ApusTensors
import Synchronization

/// A model ONNX Runtime has loaded.
///
/// The library takes no empty sequence and no absent optional from its caller. For a run with such inputs the model is
/// loaded once more, with nodes that make them.
final class ONNXRuntimePlan: Plan {
    /// What an input is when it is no value the library takes.
    enum Blank: Hashable {
        case absent
        case emptySequence
    }

    let inputs: [Value]
    let outputs: [Value]
    private let graph: Graph
    private let backend: ONNXRuntimeBackend
    private let threadCount: Int
    private let sessions: Mutex<[[Int: Blank]: ONNXRuntimeSession]>

    init(_ backend: ONNXRuntimeBackend, _ graph: Graph, threadCount: Int) throws(NativeBackendError) {
        inputs = graph.inputs
        outputs = graph.outputs
        self.graph = graph
        self.backend = backend
        self.threadCount = threadCount
        sessions = Mutex([[:]: try backend.load(graph, threadCount: threadCount)])
    }

    func makeSession() -> any Session { ONNXRuntimeCaller(self) }

    /// The model as it is loaded for runs with the given blanks.
    func session(_ blanks: [Int: Blank]) throws(NativeBackendError) -> ONNXRuntimeSession {
        try sessions.withLock { sessions throws(NativeBackendError) in
            if let session = sessions[blanks] { return session }
            let session = try backend.load(try filled(blanks), threadCount: threadCount)
            sessions[blanks] = session
            return session
        }
    }

    /// The graph with nodes in place of blank inputs.
    private func filled(_ blanks: [Int: Blank]) throws(NativeBackendError) -> Graph {
        var result = graph
        let opset = graph.opsets[""] ?? 17
        for (index, blank) in blanks.sorted(by: { $1.key < $0.key }) {
            let input = result.inputs.remove(at: index)
            switch (blank, input.type) {
            case (.absent, .optional(let element)):
                let attributes = ["type": Attribute.type(element)]
                result.nodes.insert(
                    Node("Optional", opset: opset, inputs: [], outputs: [input.name], attributes: attributes), at: 0)
            case (.emptySequence, .sequence(.tensor(let type, _))):
                result.nodes.insert(emptySequence(of: type, opset, input.name), at: 0)
            case (.emptySequence, .optional(.sequence(.tensor(let type, _)))):
                let inner = "\(input.name)/empty"
                result.nodes.insert(Node("Optional", opset: opset, inputs: [inner], outputs: [input.name]), at: 0)
                result.nodes.insert(emptySequence(of: type, opset, inner), at: 0)
            default:
                throw NativeBackendError(
                    .unsupported, "ONNX Runtime takes no blank input '\(input.name)': \(input.type)")
            }
        }
        return result
    }

    private func emptySequence(of type: ElementType, _ opset: Int, _ name: String) -> Node {
        let attributes = ["dtype": Attribute.integer(Int64(type.rawValue))]
        return Node("SequenceEmpty", opset: opset, inputs: [], outputs: [name], attributes: attributes)
    }
}

extension ONNXRuntimeBackend {
    /// Hands a graph over as an ONNX model.
    fileprivate func load(_ graph: Graph, threadCount: Int) throws(NativeBackendError) -> ONNXRuntimeSession {
        let bytes: [UInt8]
        do { bytes = try ONNXExporter().bytes(of: graph) } catch {
            throw NativeBackendError(.model, error.message)
        }
        return try library.makeSession(bytes: bytes, threadCount: threadCount, optimization: optimization)
    }
}

/// One caller of a model ONNX Runtime has loaded.
final class ONNXRuntimeCaller: Session {
    private let plan: ONNXRuntimePlan
    var profile: Profile? { nil }
    var isProfiling = false
    var isCancelled: () -> Bool = { false }

    init(_ plan: ONNXRuntimePlan) { self.plan = plan }

    func run(_ inputs: [Datum]) throws(RunError) -> [Datum] {
        if isCancelled() { throw RunError(ComputeError(.cancelled, "the caller asked to stop")) }
        var given: [Datum] = []
        var blanks: [Int: ONNXRuntimePlan.Blank] = [:]
        for (index, input) in inputs.enumerated() {
            switch input {
            case .none: blanks[index] = .absent
            case .sequence(let elements) where elements.isEmpty: blanks[index] = .emptySequence
            default: given.append(input)
            }
        }
        guard inputs.count == plan.inputs.count else {
            throw RunError(.value("\(inputs.count) inputs are given, the model takes \(plan.inputs.count)"))
        }
        do {
            return try plan.session(blanks).run(given)
        } catch {
            throw RunError(ComputeError(error.code == .run ? .value : .unsupported, error.message))
        }
    }
}
