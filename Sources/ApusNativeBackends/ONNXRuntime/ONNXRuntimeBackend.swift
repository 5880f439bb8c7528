// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusExecution
public import ApusGraphs
import ApusKernels
import ApusONNX
import ApusTensors

/// Runs graphs with ONNX Runtime.
public struct ONNXRuntimeBackend: Backend {
    /// `onnxruntime`.
    public let name = "onnxruntime"
    /// The loaded library.
    public let library: ONNXRuntimeLibrary
    /// How much graphs are rewritten before they run.
    public var optimization: ONNXRuntimeLibrary.Optimization

    /// Makes a backend of a loaded library.
    public init(_ library: ONNXRuntimeLibrary, optimization: ONNXRuntimeLibrary.Optimization = .all) {
        self.library = library
        self.optimization = optimization
    }

    /// Hands the graph over as an ONNX model.
    ///
    /// - Throws: ``PlanError`` with the library's reason.
    public func prepare(_ graph: Graph, options: PlanOptions) throws(PlanError) -> any Plan {
        let bytes: [UInt8]
        do { bytes = try ONNXExporter().bytes(of: graph) } catch { throw PlanError(error.message) }
        do {
            let session = try library.makeSession(
                bytes: bytes, threadCount: options.workers.threadCount, optimization: optimization)
            return ONNXRuntimePlan(inputs: graph.inputs, outputs: graph.outputs, session: session)
        } catch { throw PlanError(error.message) }
    }
}

/// A model ONNX Runtime has loaded.
struct ONNXRuntimePlan: Plan {
    let inputs: [Value]
    let outputs: [Value]
    let session: ONNXRuntimeSession

    func makeSession() -> any Session { ONNXRuntimeCaller(session) }
}

/// One caller of a model ONNX Runtime has loaded.
final class ONNXRuntimeCaller: Session {
    private let session: ONNXRuntimeSession
    var profile: Profile? { nil }
    var isProfiling = false
    var isCancelled: () -> Bool = { false }

    init(_ session: ONNXRuntimeSession) { self.session = session }

    func run(_ inputs: [Datum]) throws(RunError) -> [Datum] {
        if isCancelled() { throw RunError(ComputeError(.cancelled, "the caller asked to stop")) }
        do { return try session.run(inputs) } catch { throw RunError(.unsupported(error.message)) }
    }
}
