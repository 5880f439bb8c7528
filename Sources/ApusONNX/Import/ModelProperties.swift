// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusGraphs

/// What a model file says about itself.
public struct ModelProperties: Sendable {
    /// The version of ONNX's file format.
    public var irVersion = 0
    /// The program that wrote the file.
    public var producerName = ""
    /// That program's version.
    public var producerVersion = ""
    /// The reversed domain name of the model's maker.
    public var domain = ""
    /// The maker's version of the model.
    public var modelVersion = 0
    /// What the model is for, in its maker's words.
    public var documentation = ""
    /// The version of each operator domain; ONNX's own is the empty string.
    public var opsets: [String: Int] = [:]
    /// Further settings in the order they were written.
    public var metadata: [(key: String, value: String)] = []

    /// Makes properties that say nothing.
    public init() {}
}

/// A model as it was read from a file.
public struct ImportedModel: Sendable {
    /// The graph, with every name unique, functions inlined and nodes in running order.
    public var graph: Graph
    /// What the file says about itself.
    public var properties: ModelProperties
    /// Inputs that have a default value: they are constants of the graph, not inputs.
    public var defaultedInputs: [Value]
    /// The files of external data that were read, relative to the model's folder.
    package var externalFiles: [String] = []
    /// What the file says about itself where it is a plan.
    package var plan: PlanRecord?
}

/// What a reader accepts.
public struct ImportOptions: Sendable {
    /// Keeps operators the catalogue does not know, or that refuse their node, unresolved.
    public var allowsUnresolvedOperators = false
    /// The most bytes tensors may take that are written sparsely in the file.
    public var expansionLimitBytes = 1 << 30
    /// The most nodes a model may have once functions are inlined.
    public var nodeLimit = 1_000_000
    /// Lets external data be a file that has several names in the file system.
    public var allowsHardLinks = false

    /// Makes options with safe defaults.
    public init() {}
}
