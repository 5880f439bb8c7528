// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusProtocol

/// Finds what contradicts itself in a configuration, whatever the model.
struct ConfigurationCheck {
    private let document: ConfigurationReader.Document
    private let message: Inference_ModelConfig
    private var mistakes: [ConfigurationMistake] = []

    /// The mistakes of a completed configuration, placed where the document says what is wrong.
    static func mistakes(
        _ message: Inference_ModelConfig, in document: ConfigurationReader.Document
    ) -> [ConfigurationMistake] {
        var check = ConfigurationCheck(message, document)
        check.checkNumbers()
        check.checkTensors()
        check.checkBatching()
        check.checkSequences()
        check.checkInstances()
        check.checkWarmUps()
        check.checkResponses()
        check.checkObjective()
        return check.mistakes
    }

    private init(_ message: Inference_ModelConfig, _ document: ConfigurationReader.Document) {
        self.message = message
        self.document = document
    }

    private mutating func wrong(_ path: String, _ text: String, _ fix: String? = nil) {
        mistakes.append(document.mistake(at: path, text, fix: fix))
    }

    private mutating func checkNumbers() {
        if message.maxBatchSize < 0 {
            wrong("max_batch_size", "max_batch_size is \(message.maxBatchSize), expected 0 or more")
        }
        if case .latest(let latest)? = message.versionPolicy.policyChoice, latest.numVersions == 0 {
            wrong("version_policy", "latest needs num_versions of 1 or more", "write latest { num_versions: 1 }")
        }
        if case .specific(let specific)? = message.versionPolicy.policyChoice {
            if specific.versions.isEmpty { wrong("version_policy", "specific names no versions", "name one") }
            for version in specific.versions where version < 1 {
                wrong("version_policy", "version \(version) cannot be, versions begin at 1")
            }
        }
    }

    // MARK: Tensors

    private mutating func checkTensors() {
        for (index, input) in message.input.enumerated() {
            checkTensor(
                "input[\(index)]", "input '\(input.name)'", input.dims, input.hasReshape ? input.reshape.shape : nil)
            if input.isShapeTensor || input.isNonLinearFormatIo { refuseTensorRT("input[\(index)]", input.name) }
            if input.format != .none, input.dims.count != 3 {
                wrong("input[\(index)].format", "the formats NHWC and NCHW need 3 dims, found \(input.dims.count)")
            }
        }
        for (index, output) in message.output.enumerated() {
            checkTensor(
                "output[\(index)]", "output '\(output.name)'", output.dims,
                output.hasReshape ? output.reshape.shape : nil)
            if output.isShapeTensor || output.isNonLinearFormatIo { refuseTensorRT("output[\(index)]", output.name) }
        }
        checkNames(message.input.map(\.name), "input")
        checkNames(message.output.map(\.name), "output")
    }

    private mutating func refuseTensorRT(_ path: String, _ name: String) {
        wrong(
            path, "'\(name)' is a shape tensor or has no linear format, which only TensorRT plans can be", "remove it")
    }

    private mutating func checkNames(_ names: [String], _ kind: String) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            wrong("\(kind)[\(index)].name", "\(kind) '\(name)' is there twice", "remove one of them")
        }
    }

    private mutating func checkTensor(_ path: String, _ name: String, _ dims: [Int64], _ reshape: [Int64]?) {
        for dim in dims where dim < 1 && dim != -1 {
            wrong("\(path).dims", "\(name) has a size of \(dim)", "write 1 or more, or -1 for one that varies")
        }
        guard let reshape else { return }
        for dim in reshape where dim < 1 && dim != -1 {
            wrong("\(path).reshape", "the reshape of \(name) has a size of \(dim)", "write 1 or more, or -1")
        }
        guard let left = Self.stretches(dims), let right = Self.stretches(reshape) else {
            return wrong("\(path).dims", "the sizes of \(name) multiply to more than can be counted")
        }
        if left != right {
            wrong(
                "\(path).reshape",
                "dims \(dims) and reshape \(reshape) of \(name) hold different numbers of elements",
                "between sizes of -1 the products have to be equal")
        }
    }

    /// The elements between the dimensions that vary; nil when they cannot be counted.
    private static func stretches(_ dims: [Int64]) -> [Int64]? {
        var counts: [Int64] = [1]
        for dim in dims {
            guard dim != -1 else {
                counts.append(1)
                continue
            }
            let (product, isTooLarge) = counts[counts.count - 1].multipliedReportingOverflow(by: dim)
            if isTooLarge { return nil }
            counts[counts.count - 1] = product
        }
        return counts
    }

    // MARK: Scheduling

    private mutating func checkSizes(_ sizes: [Int32], _ path: String) {
        for size in sizes where size < 1 || size > message.maxBatchSize {
            wrong(
                path, "preferred_batch_size \(size) is not from 1 to max_batch_size, which is \(message.maxBatchSize)")
        }
    }

    private mutating func checkBatching() {
        guard case .dynamicBatching(let batching)? = message.schedulingChoice else { return }
        let path = "dynamic_batching"
        checkSizes(batching.preferredBatchSize, "\(path).preferred_batch_size")
        let levels = batching.priorityLevels
        if levels > 0, batching.defaultPriorityLevel < 1 || batching.defaultPriorityLevel > levels {
            wrong(
                "\(path).default_priority_level",
                "default_priority_level is \(batching.defaultPriorityLevel), expected 1 to \(levels)",
                "add default_priority_level: \(min(levels, max(1, levels / 2)))")
        }
        for level in batching.priorityQueuePolicy.keys.sorted() where level < 1 || level > levels {
            wrong(
                "\(path).priority_queue_policy",
                "there is a queue policy for priority \(level), but priority_levels is \(levels)")
        }
        guard batching.preserveOrdering else { return }
        if levels > 1 {
            wrong("\(path).preserve_ordering", "order cannot be preserved across \(levels) priority levels")
        }
        let policies = [batching.defaultQueuePolicy] + batching.priorityQueuePolicy.values
        if policies.contains(where: { $0.defaultTimeoutMicroseconds > 0 && $0.timeoutAction == .delay }) {
            wrong(
                "\(path).preserve_ordering", "order cannot be preserved where requests are delayed after a timeout",
                "write timeout_action: REJECT")
        }
    }

    private mutating func checkSequences() {
        for mistake in SequenceFields.mistakes(message) { wrong(mistake.path, mistake.text, mistake.fix) }
        guard case .sequenceBatching(let batching)? = message.schedulingChoice else { return }
        if case .oldest(let oldest)? = batching.strategyChoice {
            checkSizes(oldest.preferredBatchSize, "sequence_batching.oldest.preferred_batch_size")
        }
        if case .direct(let direct)? = batching.strategyChoice, !(0...1).contains(direct.minimumSlotUtilization) {
            wrong(
                "sequence_batching.direct",
                "minimum_slot_utilization is \(direct.minimumSlotUtilization), expected 0 to 1")
        }
        if message.responseCache.enable {
            wrong("response_cache", "responses of sequences cannot be kept for others", "remove response_cache")
        }
    }

    private mutating func checkInstances() {
        for (index, group) in message.instanceGroup.enumerated() {
            let path = "instance_group[\(index)]"
            if group.count < 1 {
                wrong("\(path).count", "the count of instances is \(group.count), expected 1 or more")
            }
            if group.count > 1_024 { wrong("\(path).count", "\(group.count) instances are too many, at most 1024") }
            if group.kind != .gpu, !group.gpus.isEmpty {
                wrong("\(path).gpus", "instance group '\(group.name)' names GPUs but is not KIND_GPU")
            }
            if !group.profile.isEmpty {
                wrong("\(path).profile", "profiles exist for TensorRT plans only", "remove it")
            }
        }
        if !message.instanceGroup.isEmpty, message.instanceGroup.allSatisfy(\.passive) {
            wrong("instance_group", "every instance group is passive: nothing would take requests")
        }
    }

    private mutating func checkWarmUps() {
        for (index, warmUp) in message.modelWarmup.enumerated() {
            let path = "model_warmup[\(index)]"
            let largest = UInt32(max(1, message.maxBatchSize))
            if warmUp.batchSize > largest {
                wrong("\(path).batch_size", "batch_size \(warmUp.batchSize) of a warm-up is more than \(largest)")
            }
            for name in warmUp.inputs.keys.sorted() where !message.input.contains(where: { $0.name == name }) {
                wrong("\(path).inputs", "the model has no input '\(name)' to warm up")
            }
            for input in message.input where !input.optional && warmUp.inputs[input.name] == nil {
                wrong("\(path).inputs", "the warm-up lacks input '\(input.name)'")
            }
            for (name, input) in warmUp.inputs.sorted(by: { $0.key < $1.key })
            where input.dims.contains(where: { $0 < 0 }) {
                wrong("\(path).inputs", "the warm-up of input '\(name)' needs sizes of 0 or more, found \(input.dims)")
            }
        }
    }

    private mutating func checkObjective() {
        guard let text = message.parameters["objective"]?.stringValue else { return }
        if LatencyObjective(text) == nil {
            wrong("parameters", "the objective '\(text)' is no part and time", "write \"p99 20ms\"")
        }
        if case .dynamicBatching? = message.schedulingChoice, message.maxBatchSize > 0 { return }
        wrong(
            "parameters", "an objective closes batches, but requests are not batched",
            "add dynamic_batching { } and a max_batch_size of 1 or more")
    }

    private mutating func checkResponses() {
        if message.modelTransactionPolicy.decoupled, message.responseCache.enable {
            wrong("response_cache", "responses of a decoupled model cannot be kept", "remove response_cache")
        }
    }
}
