// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The flow of tensors through an ensemble: which step writes each tensor, and which read it.
package struct EnsembleGraph: Sendable {
    /// A tensor of the ensemble at an input or output of a step's model.
    struct Link: Sendable {
        var port: String
        /// The tensor's place in ``tensors``.
        var tensor: Int
    }

    /// One model that runs.
    struct Step: Sendable {
        var model: String
        /// The version as requests name it; empty: the newest.
        var version: String
        var inputs: [Link]
        var outputs: [Link]
    }

    /// The names of all tensors: the ensemble's inputs first, in the order of the configuration.
    package let tensors: [String]
    let steps: [Step]
    let inputCount: Int
    /// The tensors that are the ensemble's outputs, in the order of the configuration.
    package let outputs: [Int]
    /// The step that writes each tensor; nil for an input of the ensemble.
    let writers: [Int?]
    /// The steps that read each tensor, once for each of their inputs.
    let readers: [[Int]]

    /// Reads the plan of an ensemble.
    ///
    /// - Throws: ``ServingError`` with code `invalidArgument` and everything that is wrong with the flow.
    package init(_ configuration: ModelConfiguration) throws(ServingError) {
        guard let plan = configuration.ensemble else {
            throw ServingError(.invalidArgument, "model '\(configuration.name)' is no ensemble")
        }
        let (inputs, outputs) = (configuration.inputs.map(\.name), configuration.outputs.map(\.name))
        let mistakes = EnsembleFlow.mistakes(plan, inputs: inputs, outputs: outputs)
        guard mistakes.isEmpty else {
            throw ServingError(
                .invalidArgument,
                "ensemble '\(configuration.name)': " + mistakes.map(\.message).joined(separator: "; "))
        }
        var names = inputs
        var places: [String: Int] = [:]
        for (place, name) in inputs.enumerated() { places[name] = place }
        func link(_ map: [String: String]) -> [Link] {
            map.sorted { $0.key < $1.key }.map { port, name in
                let place = places[name] ?? names.count
                if place == names.count {
                    names.append(name)
                    places[name] = place
                }
                return Link(port: port, tensor: place)
            }
        }
        steps = plan.steps.map { step in
            Step(
                model: step.model, version: step.version > 0 ? String(step.version) : "", inputs: link(step.inputs),
                outputs: link(step.outputs))
        }
        inputCount = inputs.count
        self.outputs = outputs.compactMap { places[$0] }
        var writers = [Int?](repeating: nil, count: names.count)
        var readers = [[Int]](repeating: [], count: names.count)
        for (index, step) in steps.enumerated() {
            for link in step.outputs { writers[link.tensor] = index }
            for link in step.inputs { readers[link.tensor].append(index) }
        }
        tensors = names
        self.writers = writers
        self.readers = readers
    }

    /// Which steps have to run for the given tensors to be written.
    package func steps(for wanted: [Int]) -> [Bool] {
        var isNeeded = [Bool](repeating: false, count: steps.count)
        var open = wanted
        while let tensor = open.popLast() {
            guard let writer = writers[tensor], !isNeeded[writer] else { continue }
            isNeeded[writer] = true
            open += steps[writer].inputs.map(\.tensor)
        }
        return isNeeded
    }

    /// What messages call a step.
    func name(_ step: Int) -> String { EnsembleFlow.name(step, steps[step].model) }
}
