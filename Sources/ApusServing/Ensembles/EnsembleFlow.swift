// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Finds what is wrong with the flow of tensors through an ensemble, whatever its models are.
struct EnsembleFlow {
    /// Something wrong, with the place in the configuration.
    struct Mistake {
        var path: String
        var message: String
        var fix: String?
    }

    private let plan: EnsemblePlan
    private let inputs: [String]
    private let outputs: [String]
    private var mistakes: [Mistake] = []
    /// The step that writes each tensor.
    private var writers: [String: Int] = [:]

    /// What is wrong with a plan between the given inputs and outputs of the ensemble.
    static func mistakes(_ plan: EnsemblePlan, inputs: [String], outputs: [String]) -> [Mistake] {
        var flow = EnsembleFlow(plan: plan, inputs: inputs, outputs: outputs)
        flow.checkSteps()
        flow.checkTensors()
        if flow.mistakes.isEmpty { flow.checkOrder() }
        return flow.mistakes
    }

    /// What messages call a step.
    static func name(_ index: Int, _ model: String) -> String { "step \(index) (model '\(model)')" }

    private init(plan: EnsemblePlan, inputs: [String], outputs: [String]) {
        self.plan = plan
        self.inputs = inputs
        self.outputs = outputs
    }

    private mutating func wrong(_ path: String, _ message: String, _ fix: String? = nil) {
        mistakes.append(Mistake(path: "ensemble_scheduling\(path)", message: message, fix: fix))
    }

    private func name(_ index: Int) -> String { Self.name(index, plan.steps[index].model) }

    private mutating func checkSteps() {
        if plan.steps.isEmpty { wrong("", "the ensemble has no steps", "add step { model_name: ... }") }
        for (index, step) in plan.steps.enumerated() {
            let path = ".step[\(index)]"
            if step.model.isEmpty { wrong(path, "step \(index) names no model", "add model_name") }
            if step.version < -1 {
                wrong(
                    "\(path).model_version", "\(name(index)) asks for version \(step.version)",
                    "write -1 for the newest")
            }
            if step.inputs.isEmpty { wrong(path, "\(name(index)) reads no tensor", "add input_map") }
            if step.outputs.isEmpty { wrong(path, "\(name(index)) writes no tensor", "add output_map") }
            for (port, tensor) in step.outputs.sorted(by: { $0.key < $1.key }) {
                write(index, port, tensor, "\(path).output_map")
            }
            for (port, tensor) in step.inputs.sorted(by: { $0.key < $1.key }) where port.isEmpty || tensor.isEmpty {
                wrong("\(path).input_map", "\(name(index)) maps '\(tensor)' to '\(port)', and both need names")
            }
        }
    }

    private mutating func write(_ index: Int, _ port: String, _ tensor: String, _ path: String) {
        guard !port.isEmpty, !tensor.isEmpty else {
            return wrong(path, "\(name(index)) maps '\(port)' to '\(tensor)', and both need names")
        }
        if inputs.contains(tensor) {
            wrong(
                path, "\(name(index)) writes tensor '\(tensor)', which is an input of the ensemble",
                "give one of them another name")
        } else if let other = writers[tensor] {
            let both = other == index ? "\(name(index)) writes it from two outputs" : "\(name(other)) writes it too"
            wrong(
                path, "\(name(index)) writes tensor '\(tensor)' and \(both), expected one writer",
                "give one of them another name")
        } else {
            writers[tensor] = index
        }
    }

    private mutating func checkTensors() {
        let known = inputs + writers.keys.sorted()
        var read: Set<String> = []
        func near(_ name: String) -> String? { Spelling.nearest(name, in: known).map { "did you mean '\($0)'?" } }
        for (index, step) in plan.steps.enumerated() {
            for (port, tensor) in step.inputs.sorted(by: { $0.key < $1.key }) where !tensor.isEmpty {
                read.insert(tensor)
                guard !known.contains(tensor) else { continue }
                wrong(
                    ".step[\(index)].input_map",
                    "\(name(index)) reads tensor '\(tensor)' into '\(port)', which no step writes and the ensemble "
                        + "does not take", near(tensor))
            }
        }
        for (index, output) in outputs.enumerated() where writers[output] == nil {
            mistakes.append(
                Mistake(
                    path: "output[\(index)]", message: "no step writes the ensemble's output '\(output)'",
                    fix: near(output)))
        }
        for (index, input) in inputs.enumerated() where !read.contains(input) {
            mistakes.append(
                Mistake(
                    path: "input[\(index)]", message: "no step reads the ensemble's input '\(input)'",
                    fix: "remove it, or map it"))
        }
        for (tensor, index) in writers.sorted(by: { $0.key < $1.key })
        where !read.contains(tensor) && !outputs.contains(tensor) {
            wrong(
                ".step[\(index)].output_map",
                "\(name(index)) writes tensor '\(tensor)', which no step reads and the ensemble does not give",
                "leave it out of output_map")
        }
    }

    /// Looks for steps that wait for each other.
    private mutating func checkOrder() {
        var left = Set(plan.steps.indices)
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for index in left.sorted() {
                let waits = plan.steps[index].inputs.values.contains { writers[$0].map(left.contains) ?? false }
                if !waits {
                    left.remove(index)
                    hasMoved = true
                }
            }
        }
        guard let first = left.min() else { return }
        wrong(
            ".step[\(first)]",
            "steps wait for each other in a circle: \(left.sorted().map(name).joined(separator: ", "))",
            "let one of them read something else")
    }
}
