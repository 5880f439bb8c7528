// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusProtocol

extension ModelConfiguration {
    /// Reads a configuration that was completed and checked; labels and warm-ups are added where their files are read.
    package init(_ message: Inference_ModelConfig, notes: [String] = []) {
        self.init(name: message.name)
        self.message = message
        self.notes = notes
        platform = message.platform.isEmpty ? message.backend : message.platform
        maxBatchSize = Int(message.maxBatchSize)
        inputs = message.input.map(TensorSpecification.init)
        outputs = message.output.map(TensorSpecification.init)
        switch message.schedulingChoice {
        case .dynamicBatching(let batching): self.batching = BatchPolicy(batching)
        case .sequenceBatching(let batching): sequenceBatching = SequencePolicy(batching)
        case .ensembleScheduling(let ensemble): self.ensemble = EnsemblePlan(ensemble)
        case nil: break
        }
        instanceCount = message.instanceGroup.filter { !$0.passive }.reduce(0) { $0 + Int($1.count) }
        versionPolicy = VersionPolicy(message.versionPolicy)
        usesResponseCache = message.responseCache.enable
        isDecoupled = message.modelTransactionPolicy.decoupled
        parameters = message.parameters.mapValues(\.stringValue)
        runsEqualRequestsOnce = parameters["coalesce"]?.lowercased() == "true"
        if let text = parameters["objective"] { batching?.objective = LatencyObjective(text) }
        needs = ResourceNeed.needs(message)
        metricTags = message.metricTags
    }
}

extension TensorSpecification {
    init(_ input: Inference_ModelInput) {
        self.init(name: input.name, datatype: Datatype(input.dataType) ?? .float32, dimensions: Self.sizes(input.dims))
        reshape = input.hasReshape ? Self.sizes(input.reshape.shape) : nil
        isOptional = input.optional
        allowsRaggedBatch = input.allowRaggedBatch
    }

    init(_ output: Inference_ModelOutput) {
        self.init(
            name: output.name, datatype: Datatype(output.dataType) ?? .float32, dimensions: Self.sizes(output.dims))
        reshape = output.hasReshape ? Self.sizes(output.reshape.shape) : nil
    }

    private static func sizes(_ dims: [Int64]) -> [Int] { dims.map { Int($0) } }
}

extension Datatype {
    /// The datatype of a configuration, or nil for none.
    package init?(_ type: Inference_DataType) {
        switch type {
        case .typeBool: self = .bool
        case .typeUint8: self = .uint8
        case .typeUint16: self = .uint16
        case .typeUint32: self = .uint32
        case .typeUint64: self = .uint64
        case .typeInt8: self = .int8
        case .typeInt16: self = .int16
        case .typeInt32: self = .int32
        case .typeInt64: self = .int64
        case .typeFp16: self = .float16
        case .typeFp32: self = .float32
        case .typeFp64: self = .float64
        case .typeString: self = .bytes
        case .typeBf16: self = .bfloat16
        case .typeInvalid, .UNRECOGNIZED: return nil
        }
    }

    /// The type as configurations have it.
    package var message: Inference_DataType {
        switch self {
        case .bool: .typeBool
        case .uint8: .typeUint8
        case .uint16: .typeUint16
        case .uint32: .typeUint32
        case .uint64: .typeUint64
        case .int8: .typeInt8
        case .int16: .typeInt16
        case .int32: .typeInt32
        case .int64: .typeInt64
        case .float16: .typeFp16
        case .float32: .typeFp32
        case .float64: .typeFp64
        case .bfloat16: .typeBf16
        case .bytes: .typeString
        }
    }
}

extension Duration {
    /// A time given in microseconds; the longest there is stands for all that are longer.
    init(microseconds: UInt64) {
        self = .microseconds(Int64(min(microseconds, UInt64(Int64.max) / 1_000)))
    }
}

extension BatchPolicy {
    /// Reads what a configuration says.
    package init(_ message: Inference_ModelDynamicBatching) {
        self.init()
        preferredSizes = message.preferredBatchSize.map { Int($0) }.sorted()
        maximumDelay = Duration(microseconds: message.maxQueueDelayMicroseconds)
        preservesOrder = message.preserveOrdering
        priorityLevels = message.priorityLevels
        defaultPriority = message.defaultPriorityLevel
        if message.hasDefaultQueuePolicy { queuePolicy = QueuePolicy(message.defaultQueuePolicy) }
        queuePolicies = message.priorityQueuePolicy.mapValues(QueuePolicy.init)
    }
}

extension QueuePolicy {
    init(_ message: Inference_ModelQueuePolicy) {
        self.init()
        timeoutAction = message.timeoutAction == .delay ? .delay : .reject
        defaultTimeout = Duration(microseconds: message.defaultTimeoutMicroseconds)
        allowsTimeoutOverride = message.allowTimeoutOverride
        maximumSize = Int(message.maxQueueSize)
    }
}
