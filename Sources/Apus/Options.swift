// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

public import ApusGraphs
package import ApusKernels

/// How a model is loaded and run.
public struct Options: Sendable {
    /// The threads that work on one run, the caller's included; nil: one for each core of the machine.
    public var threadCount: Int?
    /// Threads that several models share, in place of threads of the model's own.
    package var workers: WorkerPool?
    /// The machine instructions kernels use.
    public var instructionSet: InstructionSet = .best
    /// What products and convolutions with constant weights multiply; `bf16` halves what is read of weights and is fast
    /// where ``InstructionSet/multipliesPairs``.
    public var precision: Precision = .f32
    /// The most bytes of tensors that may be alive at one time in all sessions together; nil: no limit.
    public var memoryLimitBytes: Int?
    /// How far the graph is compiled; the results are the same up to rounding.
    public var stage = Stage.lowered
    /// Sizes for the model's named dimensions, which lets more be known before the first run.
    public var sizes: [String: Int] = [:]
    /// Whether opening a plan reads all of it, and the model it was made from, to compare every checksum; otherwise the
    /// weights are touched when they are needed, and a model that looks unchanged is believed.
    public var verifiesPlans = false
    /// Whether forms that trade accuracy for speed are left out: Winograd's convolutions, off by some millionths.
    public var isExact = false
    /// Whether building a plan measures the ways to compute its nodes, instead of reckoning operations and bytes; what
    /// was measured is kept in the user's cache folder.
    public var isTuned = false
    /// Hears what is measured.
    package var reportTuning: @Sendable (String) -> Void = { _ in }
    /// Operators besides ONNX's own; one of a known domain and name replaces it.
    public var operators: [any Operator.Type] = []

    /// Makes options with the defaults.
    public init() {}

    /// The operators a model may use.
    package var catalogue: Catalogue {
        var catalogue = Compiler.catalogue
        catalogue.add(operators)
        return catalogue
    }
}
