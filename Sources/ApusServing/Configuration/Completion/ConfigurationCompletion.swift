// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import Apus
package import ApusProtocol
import SwiftProtobuf

/// Completes a configuration from the signature of its model, and checks what it says against it.
package struct ConfigurationCompletion {
    /// The largest batch of a model that batches and whose configuration says nothing of it.
    package static let defaultMaxBatchSize: Int32 = 4

    let document: ConfigurationReader.Document
    let signature: Signature
    var message: Inference_ModelConfig
    private(set) var mistakes: [ConfigurationMistake] = []
    private(set) var notes: [String] = []

    /// A completed configuration and what is to be said of it.
    package struct Result: Sendable {
        /// The configuration with everything in it.
        package var message: Inference_ModelConfig
        /// What was decided and why, and what has no effect, one sentence each.
        package var notes: [String]
    }

    /// Completes what a document says of the model in the given file.
    ///
    /// - Throws: ``ConfigurationError`` with everything in the document that does not fit.
    package static func complete(
        _ document: ConfigurationReader.Document, name: String, file: String, signature: Signature
    ) throws(ConfigurationError) -> Result {
        var completion = ConfigurationCompletion(document, signature)
        completion.completeNames(name, file: file)
        completion.completeBatch()
        completion.completeInputs()
        completion.completeOutputs()
        completion.completeScheduling()
        completion.mistakes += ConfigurationCheck.mistakes(completion.message, in: document)
        guard completion.mistakes.isEmpty else { throw ConfigurationError(mistakes: completion.mistakes) }
        let notes = completion.notes + ConfigurationNotes.notes(document.message)
        return Result(message: completion.message, notes: notes)
    }

    private init(_ document: ConfigurationReader.Document, _ signature: Signature) {
        self.document = document
        self.signature = signature
        message = document.message
    }

    mutating func note(_ text: String) { notes.append(text) }

    mutating func wrong(at path: String, _ text: String, fix: String? = nil) {
        mistakes.append(document.mistake(at: path, text, fix: fix))
    }

    private mutating func completeNames(_ name: String, file: String) {
        if message.name.isEmpty { message.name = name }
        let isPlan = file.hasSuffix(".plan")
        if message.backend.isEmpty { message.backend = isPlan ? "apus" : "onnxruntime" }
        if message.platform.isEmpty { message.platform = isPlan ? "apus_plan" : "onnxruntime_onnx" }
        if message.defaultModelFilename.isEmpty { message.defaultModelFilename = file }
        if message.versionPolicy.policyChoice == nil { message.versionPolicy.latest.numVersions = 1 }
    }

    // MARK: The batch

    /// Why the model's inputs and outputs do not share a first dimension that varies; nil: they do.
    private var obstacle: String? {
        var shared: String?
        for port in signature.inputs + signature.outputs {
            guard let sizes = port.sizes else { return "the rank of '\(port.name)' is unknown" }
            switch sizes.first {
            case nil: return "'\(port.name)' is a scalar"
            case .fixed(let number): return "the first dimension of '\(port.name)' is always \(number)"
            case .unknown: break
            case .named(let name):
                if let shared, shared != name {
                    return "the first dimension of '\(port.name)' is \(name), that of others \(shared)"
                }
                shared = name
            }
        }
        return nil
    }

    /// Whether every tensor has a first dimension that varies, whatever it is called.
    private var variesFirst: Bool {
        (signature.inputs + signature.outputs).allSatisfy { port in
            guard let first = port.sizes?.first else { return false }
            return first.number == nil
        }
    }

    private mutating func completeBatch() {
        let given = message.maxBatchSize
        if given > 0 {
            guard !variesFirst else { return }
            wrong(
                at: "max_batch_size",
                "max_batch_size is \(given), but the model cannot batch: \(obstacle ?? "a first dimension is fixed")",
                fix: "set max_batch_size: 0 and let dims be whole shapes, or export the model with a first dimension "
                    + "that varies")
            return
        }
        guard given == 0, !document.givesMaxBatchSize, message.batchInput.isEmpty else { return }
        // Whoever gives shapes without a word about batches means whole shapes.
        guard message.input.allSatisfy(\.dims.isEmpty), message.output.allSatisfy(\.dims.isEmpty) else { return }
        if let obstacle {
            notes.append("requests are not batched: \(obstacle)")
        } else {
            message.maxBatchSize = Self.defaultMaxBatchSize
            notes.append("max_batch_size is \(Self.defaultMaxBatchSize): the model's first dimension varies everywhere")
        }
    }

    // MARK: Scheduling

    private mutating func completeScheduling() {
        let isWhole = !document.message.input.isEmpty && !document.message.output.isEmpty
        if message.schedulingChoice == nil, message.maxBatchSize > 1, !isWhole {
            message.dynamicBatching = Inference_ModelDynamicBatching()
        }
        let largest = message.maxBatchSize
        if case .dynamicBatching(var batching)? = message.schedulingChoice {
            if batching.preferredBatchSize.isEmpty, largest > 0 { batching.preferredBatchSize = [largest] }
            message.dynamicBatching = batching
        }
        if case .sequenceBatching(var batching)? = message.schedulingChoice {
            if batching.maxSequenceIdleMicroseconds == 0 { batching.maxSequenceIdleMicroseconds = 1_000_000 }
            if case .oldest(var oldest)? = batching.strategyChoice, oldest.preferredBatchSize.isEmpty, largest > 0 {
                oldest.preferredBatchSize = [largest]
                batching.oldest = oldest
            }
            message.sequenceBatching = batching
        }
        if !message.optimization.hasInputPinnedMemory { message.optimization.inputPinnedMemory.enable = true }
        if !message.optimization.hasOutputPinnedMemory { message.optimization.outputPinnedMemory.enable = true }
        Self.completeInstances(&message)
    }

    /// Gives every instance group a name, a kind and a count.
    static func completeInstances(_ message: inout Inference_ModelConfig) {
        if message.instanceGroup.isEmpty {
            message.instanceGroup = [Inference_ModelInstanceGroup.with { $0.name = message.name }]
        }
        for index in message.instanceGroup.indices {
            if message.instanceGroup[index].name.isEmpty {
                message.instanceGroup[index].name = "\(message.name)_\(index)"
            }
            if message.instanceGroup[index].kind == .auto { message.instanceGroup[index].kind = .cpu }
            if message.instanceGroup[index].count == 0 { message.instanceGroup[index].count = 1 }
        }
    }
}
