// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

/// Completes and checks the configuration of an ensemble, which has no model to be completed from.
package struct EnsembleCompletion {
    private let document: ConfigurationReader.Document
    private var message: Inference_ModelConfig
    private var mistakes: [ConfigurationMistake] = []

    /// Whether a configuration is that of an ensemble, or means to be.
    package static func isEnsemble(_ message: Inference_ModelConfig) -> Bool {
        if case .ensembleScheduling? = message.schedulingChoice { return true }
        return message.platform == "ensemble"
    }

    /// Completes what a document says of an ensemble.
    ///
    /// - Throws: ``ConfigurationError`` with everything in the document that contradicts itself.
    package static func complete(
        _ document: ConfigurationReader.Document, name: String
    ) throws(ConfigurationError) -> ConfigurationCompletion.Result {
        var completion = EnsembleCompletion(document)
        completion.completeNames(name)
        completion.checkTensors()
        completion.checkFlow()
        completion.mistakes += ConfigurationCheck.mistakes(completion.message, in: document)
        guard completion.mistakes.isEmpty else { throw ConfigurationError(mistakes: completion.mistakes) }
        return ConfigurationCompletion.Result(
            message: completion.message, notes: ConfigurationNotes.notes(document.message))
    }

    private init(_ document: ConfigurationReader.Document) {
        self.document = document
        message = document.message
    }

    private mutating func wrong(_ path: String, _ text: String, _ fix: String? = nil) {
        mistakes.append(document.mistake(at: path, text, fix: fix))
    }

    private mutating func completeNames(_ name: String) {
        if message.name.isEmpty { message.name = name }
        if message.platform.isEmpty { message.platform = "ensemble" }
        if message.versionPolicy.policyChoice == nil { message.versionPolicy.latest.numVersions = 1 }
        if message.platform != "ensemble" {
            wrong(
                "platform", "platform is '\(message.platform)', but ensemble_scheduling makes an ensemble",
                "write platform: \"ensemble\"")
        }
        if !message.backend.isEmpty {
            wrong("backend", "an ensemble has no backend, found '\(message.backend)'", "remove it")
        }
        if !message.instanceGroup.isEmpty {
            wrong("instance_group", "an ensemble has no instances of its own", "give them to its models")
        }
        if case .ensembleScheduling? = message.schedulingChoice { return }
        wrong("platform", "platform is 'ensemble', but there is no ensemble_scheduling", "add its steps")
    }

    private mutating func checkTensors() {
        if message.input.isEmpty { wrong("input", "an ensemble has to say its inputs", "add input") }
        if message.output.isEmpty { wrong("output", "an ensemble has to say its outputs", "add output") }
        for (index, input) in message.input.enumerated() {
            check("input[\(index)]", "input '\(input.name)'", input.name, input.dataType)
        }
        for (index, output) in message.output.enumerated() {
            check("output[\(index)]", "output '\(output.name)'", output.name, output.dataType)
        }
    }

    private mutating func check(_ path: String, _ what: String, _ name: String, _ type: Inference_DataType) {
        if name.isEmpty { wrong(path, "a tensor of the ensemble has no name", "add name") }
        if Datatype(type) == nil { wrong(path, "\(what) of the ensemble has no data_type", "add data_type") }
    }

    private mutating func checkFlow() {
        guard case .ensembleScheduling(let ensemble)? = message.schedulingChoice else { return }
        let flow = EnsembleFlow.mistakes(
            EnsemblePlan(ensemble), inputs: message.input.map(\.name), outputs: message.output.map(\.name))
        for mistake in flow { wrong(mistake.path, mistake.message, mistake.fix) }
    }
}
