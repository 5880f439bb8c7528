// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
package import ApusExecution
import ApusGraphs
import ApusONNX
import ApusTensors
import Glibc

/// Runs cases on one backend, stage and instruction set.
public struct ConformanceRunner: Sendable {
    private let backend: any Backend
    private let stage: ConformanceStage
    private let options: PlanOptions
    private let skips: Skips

    /// Makes a runner.
    package init(
        backend: any Backend, stage: ConformanceStage, options: PlanOptions, skips: Skips = Skips()
    ) {
        self.backend = backend
        self.stage = stage
        self.options = options
        self.skips = skips
    }

    /// Runs every data set of a case.
    public func run(_ conformanceCase: ConformanceCase) -> CaseResult {
        var result = CaseResult(name: conformanceCase.name, operators: [], outcome: .passed)
        if let reason = skips.reasons[conformanceCase.name] {
            result.outcome = .skipped(reason)
            return result
        }
        do {
            let model = try ONNXImporter(catalogue: options.catalogue).importModel(path: conformanceCase.modelPath)
            result.operators = Set(model.graph.nodes.map(\.qualifiedName)).sorted()
            var graph = try Compiler.compile(model.graph, to: stage.compilation, options: options)
            if stage == .planned { graph = try throughFile(graph, of: model, from: conformanceCase.modelPath) }
            let plan = try backend.prepare(graph, options: options)
            guard !conformanceCase.dataSets.isEmpty else {
                throw ConformanceError(description: "the case has no data set")
            }
            for path in conformanceCase.dataSets {
                if let difference = try check(plan, model.graph, path, result.operators) {
                    result.outcome = .failed(difference)
                    return result
                }
            }
        } catch {
            result.outcome = .failed("\(error)")
        }
        return result
    }

    /// The graph as it comes back from a plan file, which is gone once it is mapped.
    private func throughFile(_ graph: Graph, of model: ImportedModel, from path: String) throws -> Graph {
        var options = Options()
        options.instructionSet = self.options.instructionSet
        options.verifiesPlans = true
        let file = "/tmp/apus-conformance-\(getpid()).plan"
        // SAFETY: the path is a C string for the call.
        defer { _ = unsafe unlink(file) }
        try Model.write(graph, of: model, from: path, to: file, options: options, isDurable: false)
        return try Model.read(path: file, options: options).graph
    }

    private func check(_ plan: any Plan, _ graph: Graph, _ path: String, _ operators: [String]) throws -> String? {
        let inputs = try read("input", graph.inputs, path)
        let expected = try read("output", graph.outputs, path)
        let actual = try plan.makeSession().run(inputs)
        let tolerance = Tolerance.forOperators(operators)
        for (index, pair) in zip(actual, expected).enumerated() {
            if let difference = Comparison.difference(pair.0, pair.1, tolerance) {
                return "output \(index) '\(plan.outputs[index].name)': \(difference)"
            }
            if let conflict = conflict(plan.outputs[index], pair.0) { return conflict }
        }
        return nil
    }

    private func read(_ prefix: String, _ values: [Value], _ path: String) throws -> [Datum] {
        var data: [Datum] = []
        for (index, value) in values.enumerated() {
            let datum = try ONNXImporter(catalogue: nil).importDatum(
                path: "\(path)/\(prefix)_\(index).pb", as: value.type)
            data.append(try readingHalves(datum, as: value.type))
        }
        return data
    }

    /// Older cases keep `bf16` under the type of its bits.
    private func readingHalves(_ datum: Datum, as type: ValueType) throws -> Datum {
        guard type.elementType == .bfloat16, case .tensor(let bits) = datum, bits.elementType == .uint16 else {
            return datum
        }
        return .tensor(try Tensor(.bfloat16, bits.shape, storage: bits.storage, byteOffset: bits.byteOffset))
    }

    /// Whether inference promised another type than the one that came.
    private func conflict(_ value: Value, _ datum: Datum) -> String? {
        guard case .tensor(let elementType, let dimensions) = value.type, case .tensor(let tensor) = datum else {
            return nil
        }
        let fits =
            elementType == tensor.elementType
            && (dimensions.map { dimensions in
                dimensions.count == tensor.shape.rank
                    && zip(dimensions, tensor.shape).allSatisfy { $0.value == nil || $0.value == $1 }
            } ?? true)
        return fits ? nil : "output '\(value.name)' is \(tensor), promised \(value.type)"
    }
}
