// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

/// Tells what a configuration says that has no effect here, and what it asks for that cannot be done yet.
package enum ConfigurationNotes {
    /// One sentence for each field that is given and has no effect.
    package static func notes(_ message: Inference_ModelConfig) -> [String] {
        var notes: [String] = []
        func note(_ isGiven: Bool, _ field: String, _ reason: String) {
            if isGiven { notes.append("\(field) has no effect: \(reason)") }
        }
        let graph = message.optimization
        note(graph.hasGraph, "optimization.graph", "models are always compiled with everything")
        note(graph.priority != .priorityDefault, "optimization.priority", "instances of one machine are equal")
        note(graph.hasCuda, "optimization.cuda", "models run on the CPU")
        note(graph.hasExecutionAccelerators, "optimization.execution_accelerators", "Apus runs models itself")
        note(
            graph.hasInputPinnedMemory || graph.hasOutputPinnedMemory, "optimization.*_pinned_memory",
            "the CPU reads all memory alike")
        note(
            graph.gatherKernelBufferThreshold > 0, "optimization.gather_kernel_buffer_threshold",
            "models run on the CPU")
        note(graph.eagerBatching, "optimization.eager_batching", "batches are gathered when an instance is free")
        note(!message.ccModelFilenames.isEmpty, "cc_model_filenames", "they are for GPUs")
        note(!message.metricTags.isEmpty, "metric_tags", "metrics carry the model's name and version")
        note(!message.runtime.isEmpty, "runtime", "there is one runtime")
        note(message.hasModelMetrics, "model_metrics", "histograms have buckets for every use")
        note(message.input.contains { $0.format != .none }, "input.format", "tensors are passed on as they come")
        for group in message.instanceGroup {
            let name = group.name.isEmpty ? "instance_group" : "instance_group '\(group.name)'"
            if group.hasRateLimiter {
                notes.append("rate_limiter of \(name) has an effect with --rate-limit execution_count only")
            }
            note(!group.secondaryDevices.isEmpty, "secondary_devices of \(name)", "there are none")
            note(!group.hostPolicy.isEmpty, "host_policy of \(name)", "instances run on every core")
            note(group.passive, "\(name)", "passive instances take no requests")
        }
        if case .ensembleScheduling(let ensemble)? = message.schedulingChoice {
            note(
                ensemble.maxInflightRequests > 0, "ensemble_scheduling.max_inflight_requests",
                "a step runs once in each request")
            note(
                ensemble.step.contains { !$0.modelNamespace.isEmpty }, "model_namespace",
                "all models have one space of names")
            note(!message.modelWarmup.isEmpty, "model_warmup", "the models of an ensemble warm up themselves")
        }
        if case .sequenceBatching(let batching)? = message.schedulingChoice {
            note(
                batching.state.contains { $0.useSameBufferForInputOutput || $0.useGrowableMemory },
                "state.use_same_buffer_for_input_output or use_growable_memory",
                "states are handed from one request to the next without a copy")
        }
        let threads = message.parameters.keys.filter { $0.hasSuffix("_thread_count") || $0.hasPrefix("optimization") }
        for key in threads.sorted() {
            note(true, "parameter '\(key)'", "all models share the server's threads, and options are its own")
        }
        return notes
    }

    /// What a configuration asks for that the server cannot do; an empty list lets it be loaded.
    package static func unsupported(_ message: Inference_ModelConfig) -> [String] {
        var refusals: [String] = []
        func refuse(_ isAsked: Bool, _ text: String) {
            if isAsked { refusals.append(text) }
        }
        let (backend, platform) = (message.backend, message.platform)
        switch message.schedulingChoice {
        case .sequenceBatching(let batching):
            refuse(batching.iterativeSequence, "iterative_sequence is not supported yet")
        case .dynamicBatching, .ensembleScheduling, nil: break
        }
        let isEnsemble = EnsembleCompletion.isEnsemble(message)
        refuse(
            !isEnsemble && !["", "onnxruntime", "apus"].contains(backend),
            "backend '\(backend)' is not supported, expected an ONNX model (backend: \"onnxruntime\") or a plan")
        refuse(
            !isEnsemble && !["", "onnxruntime_onnx", "apus_plan"].contains(platform),
            "platform '\(platform)' is not supported, expected \"onnxruntime_onnx\"")
        refuse(message.modelTransactionPolicy.decoupled, "decoupled responses are not supported yet")
        refuse(!message.batchInput.isEmpty, "batch_input is not supported yet")
        refuse(!message.batchOutput.isEmpty, "batch_output is not supported yet")
        refuse(message.input.contains(where: \.allowRaggedBatch), "allow_ragged_batch is not supported yet")
        refuse(!message.modelOperations.opLibraryFilename.isEmpty, "libraries of operators are not supported")
        refuse(!message.modelRepositoryAgents.agents.isEmpty, "repository agents are not supported")
        refuse(message.instanceGroup.contains { $0.kind == .gpu }, "KIND_GPU is not supported by this build")
        refuse(message.instanceGroup.contains { $0.kind == .model }, "KIND_MODEL is not supported")
        return refusals
    }
}
