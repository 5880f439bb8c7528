// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusExecution
package import ApusGraphs
import ApusKernels
package import ApusONNX

/// A loaded model, compiled for this machine: immutable, and shared by any number of sessions and tasks.
///
/// ```swift
/// let model = try Model(path: "classifier.onnx")
/// let session = model.makeSession()
/// let outputs = try session.run(["input": Tensor(pixels, shape: [1, 3, 224, 224])])
/// let scores = try outputs.array("scores", of: Float.self)
/// ```
public final class Model: Sendable {
    /// What the model takes and gives.
    public let signature: Signature
    /// What the model's file says of itself, by key.
    public let metadata: [String: String]
    /// The memory tensors take now, when the options set a limit.
    public let memory: MemoryBudget?
    package let plan: any Plan

    /// Loads an ONNX model and compiles it for this machine.
    ///
    /// - Throws: ``EngineError`` with code `file`, `malformedModel`, `unsupported` or `limit`.
    public convenience init(path: String, options: Options = Options()) throws(EngineError) {
        try self.init(try Model.read(path: path, options: options), options: options)
    }

    /// Loads an ONNX model from bytes; external data is looked for in the folder, and refused without one.
    ///
    /// - Throws: ``EngineError`` with code `malformedModel`, `unsupported` or `limit`.
    public convenience init(
        bytes: [UInt8], folder: String? = nil, options: Options = Options()
    ) throws(EngineError) {
        let imported: ImportedModel
        do {
            imported = try ONNXImporter(catalogue: options.catalogue).importModel(bytes: bytes, folder: folder)
        } catch {
            throw EngineError(error)
        }
        try self.init(imported, options: options)
    }

    private convenience init(_ imported: ImportedModel, options: Options) throws(EngineError) {
        let graph = try Model.simplified(imported.graph, options: options)
        let environment = PlanOptions(options)
        let plan: any Plan
        do {
            plan = try CPUBackend().prepare(graph, options: environment)
        } catch {
            throw EngineError(error)
        }
        let metadata = Dictionary(imported.properties.metadata.map { ($0.key, $0.value) }) { first, _ in first }
        self.init(plan, metadata: metadata, memory: environment.budget)
    }

    /// Wraps a plan of any backend.
    package init(_ plan: any Plan, metadata: [String: String] = [:], memory: MemoryBudget? = nil) {
        self.plan = plan
        self.metadata = metadata
        self.memory = memory
        signature = Signature(
            inputs: plan.inputs.map { Signature.Port($0) }, outputs: plan.outputs.map { Signature.Port($0) })
    }

    /// Makes a session: cheap, with memory of its own, for one caller at a time.
    public func makeSession() -> Session { Session(plan, signature) }

    /// Reads a model's graph.
    ///
    /// - Throws: ``EngineError`` with code `file`, `malformedModel`, `unsupported` or `limit`.
    package static func read(path: String, options: Options) throws(EngineError) -> ImportedModel {
        do {
            return try ONNXImporter(catalogue: options.catalogue).importModel(path: path)
        } catch {
            throw EngineError(error)
        }
    }

    /// The graph with its named sizes set and, where the options say so, simplified.
    ///
    /// - Throws: ``EngineError`` with code `malformedModel`.
    package static func simplified(_ graph: Graph, options: Options) throws(EngineError) -> Graph {
        graph
    }
}

extension PlanOptions {
    /// The options of a plan from those of a user.
    package init(_ options: Options) {
        self.init(
            workers: WorkerPool(threadCount: options.threadCount ?? Machine.coreCount),
            instructionSet: options.instructionSet,
            budget: options.memoryLimitBytes.map { MemoryBudget(limitBytes: $0) }, catalogue: options.catalogue)
    }
}
