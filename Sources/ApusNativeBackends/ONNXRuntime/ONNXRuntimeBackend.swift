// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusExecution
public import ApusGraphs
import ApusKernels

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
        do {
            return try ONNXRuntimePlan(self, graph, threadCount: options.workers.threadCount)
        } catch { throw PlanError(error.message) }
    }
}
