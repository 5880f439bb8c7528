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

    /// Loads an ONNX model and compiles it for this machine, or opens a plan that was built before.
    ///
    /// - Throws: ``EngineError`` with code `file`, `malformedModel`, `unsupported`, `stalePlan` or `limit`.
    public convenience init(path: String, options: Options = Options()) throws(EngineError) {
        try self.init(try Model.read(path: path, options: options), options: options)
    }

    /// Loads an ONNX model or a plan from bytes; external data is looked for in the folder, and refused without one.
    ///
    /// - Throws: ``EngineError`` with code `malformedModel`, `unsupported`, `stalePlan` or `limit`.
    public convenience init(
        bytes: [UInt8], folder: String? = nil, options: Options = Options()
    ) throws(EngineError) {
        let importer = ONNXImporter(catalogue: options.catalogue)
        let imported: ImportedModel
        do throws(ImportError) {
            if let plan = try PlanReader.open(bytes: bytes) {
                try PlanCheck(plan, options).check()
                imported = try importer.importModel(plan)
            } else {
                imported = try importer.importModel(bytes: bytes, folder: folder)
            }
        } catch {
            throw EngineError(error)
        }
        try self.init(imported, options: options)
    }

    private convenience init(_ imported: ImportedModel, options: Options) throws(EngineError) {
        let environment = PlanOptions(options)
        let plan = try Model.plan(
            imported.graph, options: options.adapted(to: imported), environment: environment)
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

    /// Reads a model's graph; what is inspected but not run may be a plan of another machine.
    ///
    /// - Throws: ``EngineError`` with code `file`, `malformedModel`, `unsupported`, `stalePlan` or `limit`.
    package static func read(
        path: String, options: Options, isChecked: Bool = true
    ) throws(EngineError) -> ImportedModel {
        let importer = ONNXImporter(catalogue: options.catalogue)
        do throws(ImportError) {
            guard let plan = try PlanReader.open(path: path) else { return try importer.importModel(path: path) }
            if isChecked { try PlanCheck(plan, options).check() }
            return try importer.importModel(plan)
        } catch {
            throw EngineError(error)
        }
    }

    /// Compiles a graph for this machine.
    ///
    /// - Throws: ``EngineError`` with code `unsupported` or `malformedModel`.
    package static func plan(
        _ graph: Graph, options: Options, environment: PlanOptions, backend: any Backend = CPUBackend()
    ) throws(EngineError) -> any Plan {
        let compiled = try compiled(graph, options: options, environment: environment)
        if let path = graph.damagedFile ?? compiled.damagedFile {
            throw EngineError(.file, "'\(path)' was cut short while it was being read")
        }
        do {
            return try backend.prepare(compiled, options: environment)
        } catch {
            throw EngineError(error)
        }
    }

    /// The graph as far compiled as the options say.
    ///
    /// - Throws: ``EngineError`` with code `unsupported` or `malformedModel`.
    package static func compiled(
        _ graph: Graph, options: Options, environment: PlanOptions? = nil
    ) throws(EngineError) -> Graph {
        do {
            return try Compiler.compile(
                graph.substituting(options.sizes), to: options.stage, options: environment ?? PlanOptions(options))
        } catch {
            throw EngineError(error)
        }
    }
}

extension PlanOptions {
    /// The options of a plan from those of a user.
    package init(_ options: Options) {
        self.init(
            workers: options.workers ?? WorkerPool(threadCount: options.threadCount ?? Machine.coreCount),
            instructionSet: options.instructionSet,
            budget: options.memoryLimitBytes.map { MemoryBudget(limitBytes: $0) }, catalogue: options.catalogue,
            isExact: options.isExact, precision: options.precision)
    }
}

extension Graph {
    /// The graph with numbers for some of its named sizes.
    package func substituting(_ sizes: [String: Int]) -> Graph {
        guard !sizes.isEmpty else { return self }
        func sized(_ type: ValueType) -> ValueType {
            guard case .tensor(let elementType, .some(let dimensions)) = type else { return type }
            return .tensor(elementType, dimensions.map { $0.substituting(sizes) })
        }
        var result = self
        for index in inputs.indices { result.inputs[index].type = sized(inputs[index].type) }
        for index in outputs.indices { result.outputs[index].type = sized(outputs[index].type) }
        result.types = types.mapValues(sized)
        return result
    }
}
