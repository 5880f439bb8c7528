// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Compares the tensors of an ensemble with those of the models that its steps run.
package struct EnsembleCheck {
    /// What is known of a step's model.
    package enum Part {
        /// Its configuration.
        case known(ModelConfiguration)
        /// Why it cannot be a step.
        case missing(String)
    }

    /// A tensor as one side of it sees it, with the batch.
    private struct View {
        var datatype: Datatype
        var sizes: [Int]
        /// Who sees it so, in words.
        var owner: String

        var text: String { "\(datatype) [\(sizes.map(String.init).joined(separator: ","))]" }

        func fits(_ other: View) -> Bool {
            datatype == other.datatype && sizes.count == other.sizes.count
                && zip(sizes, other.sizes).allSatisfy { $0 == $1 || $0 < 0 || $1 < 0 }
        }
    }

    private let configuration: ModelConfiguration
    private let graph: EnsembleGraph
    private var parts: [ModelConfiguration?] = []
    private var mistakes: [String] = []

    /// What does not fit together, one sentence each.
    ///
    /// `part`: What is known of a model's version, whose text is empty for the newest.
    package static func mistakes(
        _ configuration: ModelConfiguration, _ graph: EnsembleGraph, part: (String, String) -> Part
    ) -> [String] {
        var check = EnsembleCheck(configuration: configuration, graph: graph)
        for (index, step) in graph.steps.enumerated() {
            switch part(step.model, step.version) {
            case .known(let configuration): check.parts.append(configuration)
            case .missing(let reason):
                check.parts.append(nil)
                check.mistakes.append("\(graph.name(index)): \(reason)")
            }
        }
        for index in graph.steps.indices { check.checkStep(index) }
        for tensor in graph.tensors.indices { check.checkTensor(tensor) }
        return check.mistakes
    }

    private init(configuration: ModelConfiguration, graph: EnsembleGraph) {
        self.configuration = configuration
        self.graph = graph
    }

    private mutating func checkStep(_ index: Int) {
        guard let part = parts[index] else { return }
        let (step, name) = (graph.steps[index], graph.name(index))
        if part.isDecoupled { mistakes.append("\(name): decoupled models cannot be steps") }
        if part.maxBatchSize < configuration.maxBatchSize {
            mistakes.append(
                "\(name): the ensemble takes batches of \(configuration.maxBatchSize), but the model's max_batch_size "
                    + "is \(part.maxBatchSize)")
        }
        for link in step.inputs where !part.inputs.contains(where: { $0.name == link.port }) {
            mistakes.append(
                "\(name): tensor '\(graph.tensors[link.tensor])' is mapped to input '\(link.port)', but the model "
                    + "takes \(Self.list(part.inputs))")
        }
        for link in step.outputs where !part.outputs.contains(where: { $0.name == link.port }) {
            mistakes.append(
                "\(name): tensor '\(graph.tensors[link.tensor])' is mapped from output '\(link.port)', but the model "
                    + "gives \(Self.list(part.outputs))")
        }
        for input in part.inputs where !input.isOptional && !step.inputs.contains(where: { $0.port == input.name }) {
            mistakes.append("\(name): no tensor is mapped to the model's input '\(input.name)'")
        }
    }

    private static func list(_ tensors: [TensorSpecification]) -> String {
        tensors.map { "'\($0.name)'" }.joined(separator: ", ")
    }

    private mutating func checkTensor(_ tensor: Int) {
        guard let source = source(tensor) else { return }
        let name = graph.tensors[tensor]
        for index in Set(graph.readers[tensor]).sorted() {
            guard let part = parts[index] else { continue }
            for link in graph.steps[index].inputs where link.tensor == tensor {
                guard let input = part.inputs.first(where: { $0.name == link.port }) else { continue }
                let reader = view(input, part.maxBatchSize, "\(graph.name(index)) takes at '\(link.port)'")
                compare(name, source, reader)
                if graph.writers[tensor] == nil, configuration.inputs[tensor].isOptional, !input.isOptional {
                    mistakes.append(
                        "tensor '\(name)' is an optional input of the ensemble, but \(graph.name(index)) needs it at "
                            + "'\(link.port)'")
                }
            }
        }
        if let place = graph.outputs.firstIndex(of: tensor) {
            let output = configuration.outputs[place]
            compare(name, source, view(output, configuration.maxBatchSize, "the ensemble gives as output"))
        }
    }

    private func source(_ tensor: Int) -> View? {
        guard let writer = graph.writers[tensor] else {
            let input = configuration.inputs[tensor]
            return view(input, configuration.maxBatchSize, "the ensemble's input is")
        }
        guard let link = graph.steps[writer].outputs.first(where: { $0.tensor == tensor }),
            let part = parts[writer], let output = part.outputs.first(where: { $0.name == link.port })
        else { return nil }
        return view(output, part.maxBatchSize, "\(graph.name(writer)) writes from '\(link.port)'")
    }

    private func view(_ tensor: TensorSpecification, _ maxBatchSize: Int, _ owner: String) -> View {
        View(
            datatype: tensor.datatype, sizes: (maxBatchSize > 0 ? [-1] : []) + tensor.dimensions, owner: owner)
    }

    private mutating func compare(_ tensor: String, _ source: View, _ reader: View) {
        guard !source.fits(reader) else { return }
        mistakes.append("tensor '\(tensor)': \(reader.owner) \(reader.text), but \(source.owner) \(source.text)")
    }
}
